"""What an expression of a form sees: the whole form's data, and in a dynamic list also `this`, `parent` and `i`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands. root: the form's data. this: the row it is in, or the root. rows: row numbers from outside, from 0."""

    root: Mapping[str, object]
    this: Mapping[str, object]
    parent: Mapping[str, object] | None = None
    rows: tuple[int, ...] = ()

    def variables(self) -> dict[str, object]:
        """Return the names an expression may use; data that bear a special name hide it, and `_this_` still means the row."""
        return _context(self._special(), self.root)

    def row(self, this: Mapping[str, object], number: int) -> Scope:
        """Return the scope of a row of a list that stands in this scope."""
        return Scope(self.root, this, _context(self._special(), self.this), (*self.rows, number))

    def _special(self) -> dict[str, object]:
        return {"this": self.this, "parent": self.parent, "i": [Decimal(number + 1) for number in self.rows]}


def of_form(data: Mapping[str, object]) -> Scope:
    """Return the scope of components outside any dynamic list."""
    return Scope(data, data)


def _context(special: Mapping[str, object], data: Mapping[str, object]) -> dict[str, object]:
    return {**special, **data, **{f"_{name}_": value for name, value in special.items()}}
