"""A walk through a world as a scenario file: what was done, in the words of `processes.scenarios`, and what holds at its end.

Pure but for `holding` and `readable`, which read the world inside the caller's transactions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from sqlalchemy import Connection, text

from engine import documents, errors, incidents, user_tasks
from processes import claim_files, money, scenarios
from processes.casefile import claims, debtors, ledger, letters, tenants
from processes.scenarios import BERLIN

MAX_TASKS = 200
MAX_CLAIMS = 500
DEFAULT_ITEM = "1"

Act = Mapping[str, object]
Transaction = Callable[[int], AbstractContextManager[Connection]]


@dataclass(frozen=True, slots=True)
class Done:
    """One act and the instant it was done at, on the world's clock."""

    at: datetime
    act: Act


@dataclass
class Walk:
    """What a walk began with and what was done; `claims` and `joint` are rows of claims files, column -> cell."""

    title: str
    starts_at: datetime
    claims: Sequence[Mapping[str, str]] = ()
    joint: Sequence[Mapping[str, str]] = ()
    done: list[Done] = field(default_factory=list)


def rows_of(content: bytes, *, joint: bool = False, without: Collection[int] = ()) -> list[dict[str, str]]:
    """Return the filled cells of a claims file's lines by column, but for the lines `without`. Raises errors.InvalidInput."""
    columns, mandatory = (
        (claim_files.JOINT_COLUMNS, claim_files.JOINT_MANDATORY) if joint else (claim_files.CLAIM_COLUMNS, claim_files.CLAIM_MANDATORY)
    )
    parsed = claim_files.read(content, columns=columns, mandatory=mandatory)
    return [{column: cell for column, cell in line.cells.items() if cell} for line in parsed.lines if line.number not in without]


def document(walk: Walk, then: Mapping[str, object], *, ended_at: datetime) -> str:
    """Return the scenario file (YAML); read again by `scenarios.read` and played, it leads to the same `then`."""
    steps: list[dict[str, object]] = []
    moment = walk.starts_at
    for done in walk.done:
        steps.append(({"am": _moment(done.at)} if done.at != moment else {}) | dict(done.act))
        moment = done.at
    if ended_at != moment:
        steps.append({"am": _moment(ended_at)})
    content: dict[str, object] = {"szenario": walk.title, "uhr": _moment(walk.starts_at)}
    if walk.claims:
        content["forderungen"] = [dict(row) for row in walk.claims]
    if walk.joint:
        content["gesamtschuldner"] = [dict(row) for row in walk.joint]
    content |= {"ablauf": steps, "dann": dict(then)}
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=160)


def text_of(act: Act) -> str:
    """Return one act as YAML; `act_of` reads it again with its types."""
    return yaml.dump(dict(act), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=160)


def act_of(content: str) -> Act:
    """Return the act that `text_of` wrote."""
    found = scenarios.load(content)
    return found if isinstance(found, dict) else {}


def _moment(at: datetime) -> object:
    """Return an instant as scenario files name it: the day where it is the hour at which offices open, else with the time."""
    local = at.astimezone(BERLIN)
    return local.date() if local.time() == scenarios.OFFICE_OPENS else f"{local:%Y-%m-%d %H:%M}"


class _Dumper(yaml.SafeDumper):
    """Writes decimals as numbers, exactly."""


def _number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    shown = format(value, "f")
    return dumper.represent_scalar("tag:yaml.org,2002:float" if "." in shown else "tag:yaml.org,2002:int", shown)


def _uuid(dumper: yaml.SafeDumper, value: UUID) -> yaml.ScalarNode:
    return dumper.represent_str(str(value))


_Dumper.add_representer(Decimal, _number)
_Dumper.add_representer(UUID, _uuid)


# ---------------------------------------------------------------- what only the program knows
def readable(tx: Connection, values: Mapping[str, object]) -> dict[str, object]:
    """Return form values with ids of claims and debtors as `forderung:KASSENZEICHEN[/OP_NR]` and `schuldner:STADT/NUMMER`, files as `datei:NAME`."""

    def of(value: object) -> object:
        if isinstance(value, list):
            return [of(item) for item in value]
        if documents.is_one(value):
            return f"datei:{documents.name_of(value)}"
        if isinstance(value, Mapping):
            return {str(name): of(item) for name, item in value.items()}
        found = _uuid_of(value)
        if found is None:
            return value
        claim = _claim(tx, found)
        if claim is not None:
            return f"forderung:{claim.reference}" + (f"/{claim.item_number}" if claim.item_number != DEFAULT_ITEM else "")
        debtor = _debtor(tx, found)
        return value if debtor is None else f"schuldner:{tenants.find(tx, debtor.tenant_id).slug}/{debtor.number}"

    return {str(name): of(value) for name, value in values.items()}


def _uuid_of(value: object) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) and len(value) == 36 else None
    except ValueError:
        return None


def _claim(tx: Connection, claim_uuid: UUID) -> claims.Claim | None:
    try:
        return claims.find(tx, claim_uuid)
    except errors.NotFound:
        return None


def _debtor(tx: Connection, debtor_uuid: UUID) -> debtors.Debtor | None:
    try:
        return debtors.find(tx, debtor_uuid)
    except errors.NotFound:
        return None


# ---------------------------------------------------------------- what holds
def holding(transaction: Transaction, slugs: Mapping[str, int], *, since: datetime, on: date) -> dict[str, object]:
    """Return what holds in the world now, as the `dann` of a scenario: balances, letters, open tasks, processes, incidents."""
    balances: dict[str, object] = {}
    written: list[dict[str, object]] = []
    tasks: list[str] = []
    states: dict[str, str] = {}
    faults: list[str] = []
    for tenant_id in slugs.values():
        with transaction(tenant_id) as tx:
            balances |= _balances(tx, tenant_id, on)
            written += [_letter(letter) for letter in letters.since(tx, tenant_id, since)]
            tasks += [task.element_id for task in user_tasks.open_tasks(tx, tenant_id, limit=MAX_TASKS)]
            for row in tx.execute(
                text("select process_key, status from process_instance where tenant_id = :t order by id"), {"t": tenant_id}
            ):
                running = row.status == "running" or states.get(row.process_key) == "offen"
                states[row.process_key] = "offen" if running else "beendet"
            faults += [incident.message for incident in incidents.open_ones(tx, tenant_id)]
    found: dict[str, object] = {"konto": balances} if balances else {}
    found |= {"schreiben": written, "aufgaben": sorted(tasks), "prozesse": states}
    if faults:
        found["stoerungen"] = faults
    return found


def _balances(tx: Connection, tenant_id: int, on: date) -> dict[str, object]:
    found: dict[str, object] = {}
    for claim in claims.of_tenant(tx, tenant_id, limit=MAX_CLAIMS):
        balance = ledger.balance(tx, claim.uuid, on)
        name = claim.reference + (f"/{claim.item_number}" if claim.item_number != DEFAULT_ITEM else "")
        open_now = {kind: money.euro(cent) for kind, cent in balance.open_cent.items() if cent}
        found[name] = {**open_now, "gesamt": money.euro(balance.total_cent)}
    return found


def _letter(letter: letters.Letter) -> dict[str, object]:
    values = letter.inputs.get("werte")
    facts: Mapping[str, Any] = values if isinstance(values, Mapping) else {}
    total = facts.get("gesamtbetrag")
    return {"vorlage": letter.template} | ({"gesamtbetrag": Decimal(str(total))} if total is not None else {})


def save(walk: Walk, then: Mapping[str, object], path: Path, *, ended_at: datetime) -> None:
    """Write the scenario file and read it again, so that what was written can be played. Raises errors.InvalidInput, errors.Conflict."""
    refuse_taken(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document(walk, then, ended_at=ended_at), encoding="utf-8")
    scenarios.read(path)


def refuse_taken(path: Path) -> None:
    """Raise errors.Conflict where there is a file already; ask before a walk, not only after it."""
    if path.exists():
        raise errors.Conflict(f"„{path}“ gibt es schon. Bitte einen anderen Namen nennen.")
