# Alles, was ein Rechner mit Python 3.11 und make braucht: `make demo` startet, `make test` prüft.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export IBM_TELEMETRY_DISABLED := true

.PHONY: setup demo test lint types contracts diagrams unit pictures clean help

help:
	@echo "make setup      .venv und Browser-Bündel einrichten"
	@echo "make demo       Sandbox starten (Datenbank, Webserver, Worker, zwei Städte, Beispieldaten)"
	@echo "make test       alle Prüfungen"
	@echo "make pictures   die Bilder der Anleitungen neu aufnehmen"

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "[1/2] Python-Umgebung $(VENV) einrichten (einmalig etwa eine Minute) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

setup: $(VENV)/.installed
	@echo "[2/2] Browser-Bündel prüfen und bauen ..."
	@$(BIN)/vollstreckung build-bundles

demo: setup
	@exec $(BIN)/vollstreckung demo

lint:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types:
	$(BIN)/mypy engine processes forms api

contracts:
	$(BIN)/lint-imports

diagrams:
	$(BIN)/vollstreckung check processes forms/definitions
	$(BIN)/python -m tests.bpmnlint

unit:
	$(BIN)/python -m tests.chromium
	$(BIN)/python -m tests.clients
	$(BIN)/pytest -n 2 --dist loadgroup

pictures: setup
	$(BIN)/python -m tests.chromium
	PICTURES=1 $(BIN)/pytest tests/browser

test: setup lint types contracts diagrams unit

clean:
	rm -rf $(VENV) api/static/dist api/frontend/node_modules tests/clients/node_modules .pytest_cache .mypy_cache .ruff_cache
