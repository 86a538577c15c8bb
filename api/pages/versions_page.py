"""Versions: what is deployed in which versions, two of them side by side, and taking back a deployment that nobody uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from api import app, drawn_files
from engine import bindings, clock, deployments, differences, errors, feel, values, versions, withdrawals
from engine.dmn import compare as dmn_compare
from engine.spiff import compare as bpmn_compare
from forms import compare as form_compare

bp = Blueprint("versions_page", __name__)

CONTEXT = 3
WORDS = {"added": "neu", "removed": "entfallen", "changed": "geändert", "moved": "verschoben", "same": "gleich"}
MARKS = {"added": "neu", "removed": "entfallen", "changed": "geaendert", "moved": "verschoben"}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a letter template in two versions: its numbers there (None: not there), and what became of it."""

    kind: str
    before: int | None
    after: int | None
    text: str


@bp.get("/prozesse/fassungen")
def show() -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        listed = versions.all_of(tx, session.tenant_id)
    things = [list(group) for _, group in groupby(listed, key=lambda one: (one.kind, one.key))]
    return render_template("fassungen.html", dinge=things, arten=bindings.KINDS, darf=session.may("designer", "admin"))


@bp.get("/prozesse/vergleich")
def compare() -> ResponseReturnValue:
    kind, key = request.args.get("art", ""), request.args.get("kennung", "")
    one, other = number("von"), number("auf")
    if kind not in bindings.KINDS:
        raise errors.NotFound("Vergleichen lassen sich Prozesse, Entscheidungen, Formulare und Schreiben.")
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        _, before = deployments.content(tx, kind, key, one, tenant_id=session.tenant_id)
        _, after = deployments.content(tx, kind, key, other, tenant_id=session.tenant_id)
        listed = versions.all_of(tx, session.tenant_id, kind=kind, key=key)
    shown = {"art": kind, "kennung": key, "von": one, "auf": other, "arten": bindings.KINDS, "fassungen": listed, "worte": WORDS}
    return render_template("vergleich.html", **shown, **_COMPARED[kind](before, after, key))


def number(name: str) -> int:
    """Return the whole number of an argument of the address. Raises errors.InvalidInput."""
    found = values.whole(request.values.get(name, ""))
    if found is None:
        raise errors.InvalidInput("Bitte zwei Fassungen auswählen.", {name: "Erwartet wird die Nummer einer Fassung."})
    return found


# ---------------------------------------------------------------- comparing
def _functions() -> Sequence[feel.Function]:
    return app.database().runtime.functions


def _process(before: bytes, after: bytes, key: str) -> dict[str, object]:
    found = bpmn_compare.compare(before, after, key, _functions())

    def marks(*kinds: str) -> dict[str, list[str]]:
        return {MARKS[kind]: [one.id for one in found if one.kind == kind] for kind in kinds}

    return {
        "unterschiede": found, "xml_vorher": drawn_files.text_of(before), "xml": drawn_files.text_of(after),
        "marken_vorher": marks("removed", "changed", "moved"), "marken": marks("added", "changed", "moved"),
    }  # fmt: skip


def _decision(before: bytes, after: bytes, key: str) -> dict[str, object]:
    try:
        found = dmn_compare.compare(before, after, key, _functions())
    except feel.FeelError as fault:
        raise errors.InvalidState(f"Die Tabelle „{key}“ lässt sich nicht lesen: {fault}") from fault
    return {"unterschiede": found.settings, "spalten": found.columns, "zeilen": found.rows}


def _form(before: bytes, after: bytes, key: str) -> dict[str, object]:
    found: tuple[differences.Difference, ...] = form_compare.compare(before, after)
    return {"unterschiede": found}


def _letter(before: bytes, after: bytes, key: str) -> dict[str, object]:
    return {"unterschiede": (), "absaetze": lines(before.decode("utf-8", "replace"), after.decode("utf-8", "replace"))}


_COMPARED: dict[str, Callable[[bytes, bytes, str], dict[str, object]]] = {
    "bpmn": _process, "dmn": _decision, "form": _form, "letter": _letter,
}  # fmt: skip


def lines(before: str, after: str) -> list[list[Line]]:
    """Return the places where two texts differ, each with a few equal lines around."""
    old, new = before.splitlines(), after.splitlines()
    found = []
    for group in SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(CONTEXT):
        told: list[Line] = []
        for tag, start, end, to_start, to_end in group:
            if tag == "equal":
                told += [Line("same", start + k + 1, to_start + k + 1, old[start + k]) for k in range(end - start)]
            else:
                told += [Line("removed", k + 1, None, old[k]) for k in range(start, end)]
                told += [Line("added", None, k + 1, new[k]) for k in range(to_start, to_end)]
        found.append(told)
    return found


# ---------------------------------------------------------------- taking back
@bp.get("/prozesse/bereitstellung/<uuid:deployment_uuid>")
def deployment(deployment_uuid: UUID) -> ResponseReturnValue:
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        brought = [one for one in versions.all_of(tx, session.tenant_id) if one.deployment == deployment_uuid]
        if not brought:
            raise errors.NotFound("Diese Bereitstellung gibt es nicht, oder sie hat nichts Neues gebracht.")
        undone = brought[0].undone_at is not None
        reasons = () if undone else withdrawals.reasons(tx, deployment_uuid, tenant_id=session.tenant_id)
    return render_template(
        "bereitstellung.html", fassungen=brought, gruende=reasons, arten=bindings.KINDS, darf=session.may("designer", "admin")
    )


@bp.post("/prozesse/bereitstellung/<uuid:deployment_uuid>/zuruecknehmen")
def undo(deployment_uuid: UUID) -> ResponseReturnValue:
    app.require("designer")
    session = app.session()
    with app.database().begin(session.tenant_id) as tx:
        made = withdrawals.undo(
            tx, deployment_uuid, reason=request.form.get("grund", ""), tenant_id=session.tenant_id, by=session.login,
            now=clock.now(tx, session.tenant_id),
        )  # fmt: skip
    told = [f"{key} Fassung {version}" + (f" (es gilt wieder {latest})" if latest else "") for _, key, version, latest in made.versions]
    flash(f"Zurückgenommen: {', '.join(told)}.", "gut")
    return redirect(url_for("versions_page.show"))
