"""Where a scenario plays: the program's own verbs, what was seen so far, and how what a scenario names is found in the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Connection, text

from engine import clock, errors, user_tasks
from processes import imports
from processes.casefile import claims, debtors
from processes.scenarios import Scenario


class Complete(Protocol):
    def __call__(
        self, tx: Connection, tenant_id: int, task_id: UUID, submitted: Mapping[str, object], *, by: str, now: datetime
    ) -> user_tasks.Completion: ...


@dataclass(frozen=True, slots=True)
class Stage:
    """The world a scenario plays in, and the program's own verbs."""

    world_id: int
    tenants: Mapping[str, int]
    transaction: Callable[[int], AbstractContextManager[Connection]]
    move: Callable[[datetime], object]
    complete: Complete

    def tenant(self, slug: str) -> int:
        if slug not in self.tenants:
            raise errors.NotFound(f"Die Stadt „{slug}“ gibt es im Szenario nicht. Es spielen mit: {', '.join(self.tenants)}.")
        return self.tenants[slug]

    def each_tenant(self) -> Iterator[tuple[int, Connection]]:
        """Yield each tenant with a transaction of its own, for reading."""
        for tenant_id in self.tenants.values():
            with self.transaction(tenant_id) as tx:
                yield tenant_id, tx


@dataclass
class Outcome:
    """faults: German, with the step's number; empty where all is as expected.

    reached: element ids by process and scope (`mahnung/`, `beitreibung/ankuendigung`).
    """

    scenario: Scenario
    faults: list[str] = field(default_factory=list)
    reached: dict[str, set[str]] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return not self.faults


@dataclass
class Scene:
    """A scenario on its stage, and what was seen of it: faults and elements (`outcome`), letters, the last import's report."""

    scenario: Scenario
    stage: Stage
    outcome: Outcome
    seen_letters: set[UUID] = field(default_factory=set)
    last_report: imports.Report | None = None

    def fault(self, where: str, message: str) -> None:
        self.outcome.faults.append(f"{where}: {message}")

    def now(self) -> datetime:
        tenant_id = self.stage.tenants["detmold"]
        with self.stage.transaction(tenant_id) as tx:
            return clock.now(tx, tenant_id)

    def slug_of(self, reference: str) -> str:
        return next((row.get("mandant", "detmold") for row in self.scenario.claims if row["kassenzeichen"] == reference), "detmold")

    def tenant_of(self, what: Any) -> int:
        slug = what.get("mandant") or (self.slug_of(str(what["kassenzeichen"])) if what.get("kassenzeichen") else "detmold")
        return self.stage.tenant(str(slug))

    def claim_key(self, what: Any) -> str:
        return f"{what.get('mandant', self.slug_of(str(what['kassenzeichen'])))}/{what['kassenzeichen']}/{what.get('op_nr', '1')}"

    def claim_of(self, what: Any) -> tuple[claims.Claim, int]:
        tenant_id = self.tenant_of(what)
        with self.stage.transaction(tenant_id) as tx:
            claim = claims.by_key(tx, tenant_id, str(what["kassenzeichen"]), str(what.get("op_nr", "1")))
        if claim is None:
            raise errors.NotFound(f"Die Forderung {what['kassenzeichen']} gibt es im Szenario nicht.")
        return claim, tenant_id

    def case_number(self) -> str:
        tenant_id = self.stage.tenants["detmold"]
        with self.stage.transaction(tenant_id) as tx:
            query = text(
                "select business_key from process_instance where tenant_id = :t and process_key = 'beitreibung' order by id desc limit 1"
            )
            return str(tx.execute(query, {"t": tenant_id}).scalar() or "")

    def open_tasks(self, element: str | None, target: str | None) -> list[user_tasks.UserTask]:
        found = []
        for tenant_id, tx in self.stage.each_tenant():
            found += user_tasks.open_tasks(tx, tenant_id, element_id=element, limit=200)
        return [task for task in found if target is None or target in task.business_key]

    def resolved(self, tx: Connection, form: Mapping[str, object]) -> dict[str, object]:
        """Replace `forderung:KASSENZEICHEN[/OP_NR]` and `schuldner:STADT/SCHULDNER_NR` by the ids that only the program knows."""

        def of(value: object) -> object:
            if isinstance(value, list):
                return [of(item) for item in value]
            kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
            if kind == "forderung":
                reference, _, item = name.partition("/")
                claim = claims.by_key(tx, self.stage.tenant(self.slug_of(reference)), reference, item or "1")
                return value if claim is None else str(claim.uuid)
            if kind == "schuldner":
                slug, _, number = name.partition("/")
                debtor = debtors.by_numbers(tx, self.stage.tenant(slug), [number]).get(number)
                return value if debtor is None else str(debtor.uuid)
            return value

        return {name: of(value) for name, value in form.items()}
