"""Collect the files of a deployment (diagrams, decision tables, forms, letters) from paths or an upload, and print findings on them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from werkzeug.datastructures import FileStorage

from api import strict_json
from engine import errors
from engine.protocol import Finding

SUFFIXES = (".bpmn", ".dmn", ".form", ".typ")
MAX_FILE_BYTES = 2 * 1024 * 1024
MAX_FILES = 500
MAX_NAME = 255
HOUSE = Path(__file__).parents[1]
OWN_MODELS = (HOUSE / "processes", HOUSE / "forms" / "definitions")


def collect(paths: Sequence[Path]) -> dict[str, bytes]:
    """Return file name -> content of every model file at and below `paths`.

    Names are bare file names, as Camunda Modeler sends them, so two files of one name cannot be deployed together.
    Raises errors.InvalidInput when a path is missing, holds no model file, two files share a name, or a file is too large.
    """
    files: dict[str, bytes] = {}
    origins: dict[str, Path] = {}
    for path in paths:
        for found in _model_files(path):
            if found.name in origins and origins[found.name] != found.resolve():
                raise errors.InvalidInput(f"Zwei Dateien heißen „{found.name}“: {origins[found.name]} und {found}. Bitte eine umbenennen.")
            if found.stat().st_size > MAX_FILE_BYTES:
                raise errors.InvalidInput(
                    f"„{found}“ ist größer als {MAX_FILE_BYTES // 1024 // 1024} MB. Bitte die Datei verkleinern oder teilen."
                )
            files[found.name] = found.read_bytes()
            origins[found.name] = found.resolve()
    if not files:
        raise errors.InvalidInput(f"Keine Modelldatei gefunden. Erwartet werden Dateien mit den Endungen {', '.join(SUFFIXES)}.")
    if len(files) > MAX_FILES:
        raise errors.InvalidInput(f"{len(files)} Dateien sind zu viele für eine Bereitstellung (höchstens {MAX_FILES}).")
    return files


def received(parts: Sequence[FileStorage]) -> dict[str, bytes]:
    """Return file name -> content of uploaded files, names without folders. Raises errors.InvalidInput for what cannot be kept together."""
    parts = [part for part in parts if part.filename]
    if len(parts) > MAX_FILES:
        raise errors.InvalidInput(f"{len(parts)} Dateien sind zu viele für eine Bereitstellung (höchstens {MAX_FILES}).")
    found: dict[str, bytes] = {}
    for part in parts:
        name = str(part.filename).replace("\\", "/").rpartition("/")[2]
        if not name or len(name) > MAX_NAME or not name.isprintable() or not strict_json.storable(name):
            raise errors.InvalidInput("Eine Datei hat einen Namen, der nicht gespeichert werden kann. Bitte die Datei umbenennen.")
        if name in found:
            raise errors.InvalidInput(f"Zwei Dateien heißen „{name}“. Bitte eine umbenennen.")
        content = part.read(MAX_FILE_BYTES + 1)
        if len(content) > MAX_FILE_BYTES:
            raise errors.InvalidInput(f"„{name}“ ist größer als {MAX_FILE_BYTES // 1024 // 1024} MB. Bitte die Datei teilen.")
        found[name] = content
    return found


def own() -> dict[str, bytes]:
    """Return the models that the program ships."""
    return collect(OWN_MODELS)


def _model_files(path: Path) -> list[Path]:
    if not path.exists():
        raise errors.InvalidInput(f"„{path}“ gibt es nicht. Bitte den Pfad prüfen.")
    if path.is_file():
        if path.suffix not in SUFFIXES:
            raise errors.InvalidInput(f"„{path}“ ist keine Modelldatei. Erwartet wird eine der Endungen {', '.join(SUFFIXES)}.")
        return [path]
    return sorted(found for found in path.rglob("*") if found.suffix in SUFFIXES and found.is_file())


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print findings grouped by file, errors first; one line says what is wrong, the next what to do."""
    for file in sorted({finding.file for finding in findings}):
        console.print(f"[bold]{file}[/bold]", highlight=False)
        own_findings = sorted((f for f in findings if f.file == file), key=lambda f: (f.severity != "error", f.line))
        for finding in own_findings:
            colour, word = ("red", "Fehler") if finding.severity == "error" else ("yellow", "Hinweis")
            place = f"Zeile {finding.line}" + (f", {finding.element_id}" if finding.element_id else "")
            label = f" „{finding.label}“" if finding.label else ""
            console.print(f"  [{colour}]{word}[/{colour}] {place}{label}: ", end="", highlight=False)
            console.print(finding.message, markup=False, highlight=False)
            if finding.remedy:
                console.print(f"         → {finding.remedy}", markup=False, highlight=False)
