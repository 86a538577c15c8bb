"""What two versions of a file do not have in common, as values: whatever kind of file, pages show it alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class Detail:
    """What of a thing says something else, in German words; an empty text: nothing was said."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two versions do not have in common. what: its kind in German; moved: only its place is another."""

    kind: Kind
    id: str
    what: str
    label: str
    details: tuple[Detail, ...] = ()


def details(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Detail, ...]:
    """Return what is told differently, in the order of the later version; what was told before only comes last."""
    names = [*after, *(name for name in before if name not in after)]
    return tuple(Detail(name, before.get(name, ""), after.get(name, "")) for name in names if before.get(name, "") != after.get(name, ""))
