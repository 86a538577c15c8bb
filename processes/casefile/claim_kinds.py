"""Kinds of claims and the law that each brings with it: read once from data/forderungsarten.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from engine import errors
from processes.law import allocation, deadlines

TABLE = Path(__file__).with_name("data") / "forderungsarten.yaml"


@dataclass(frozen=True, slots=True)
class ClaimKind:
    """One row. `notification_law` chooses the rule of deemed notification, `rank` the place in § 225 Abs. 2 AO."""

    name: str
    group: str
    collection_law: str
    enforcement_law: str
    notification_law: str
    is_dunned: bool
    bears_surcharge: bool
    remedy: str
    rank: str
    source: str
    confirmed_by: str

    @property
    def is_fine(self) -> bool:
        return self.rank == "geldbusse"


@lru_cache(maxsize=1)
def all_kinds() -> Mapping[str, ClaimKind]:
    """Return the table by name. Raises ValueError naming the row that is incomplete or wrong."""
    rows = yaml.safe_load(TABLE.read_bytes())["arten"]
    return {kind.name: kind for kind in (_kind(row) for row in rows)}


def kind_of(name: str) -> ClaimKind:
    """Return the kind `name`. Raises errors.NotFound with the known kinds."""
    found = all_kinds().get(name)
    if found is None:
        raise errors.NotFound(f"Unbekannte Forderungsart „{name}“. Bekannt sind: {', '.join(all_kinds())}.")
    return found


def _kind(row: Mapping[str, str | bool]) -> ClaimKind:
    kind = ClaimKind(
        name=str(row["name"]),
        group=str(row["gruppe"]),
        collection_law=str(row["festsetzung"]),
        enforcement_law=str(row["vollstreckung"]),
        notification_law=str(row["bekanntgabe"]),
        is_dunned=_yes(row, "mahnung"),
        bears_surcharge=_yes(row, "saeumniszuschlag"),
        remedy=str(row["rechtsbehelf"]),
        rank=str(row["rang"]),
        source=str(row["quelle"]),
        confirmed_by=str(row["bestaetigt_von"]),
    )
    if kind.rank not in allocation.PRINCIPAL_RANKS or kind.notification_law not in deadlines.TAX_LAW | deadlines.GENERAL_LAW:
        raise ValueError(f"forderungsarten.yaml: Rang oder Bekanntgaberecht von „{kind.name}“ ist unbekannt.")
    return kind


def _yes(row: Mapping[str, str | bool], column: str) -> bool:
    value = row[column]
    if value not in ("ja", "nein"):
        raise ValueError(f"forderungsarten.yaml: „{column}“ von „{row['name']}“ muss ja oder nein sein, gefunden „{value}“.")
    return value == "ja"
