"""Expressions in diagrams: FEEL (`=x`, or where the language says so), JUEL `${x}` of Camunda 7 (see `juel`), and literals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from engine import feel
from engine.spiff import juel, juel_values
from engine.spiff.juel import NotSupported

__all__ = ["NULL", "Expression", "NotSupported", "literal", "of_feel", "of_list", "of_map", "read"]
JUEL_FUNCTIONS = frozenset(function.name for function in juel_values.FUNCTIONS)
JUEL_NAME = re.compile(r"^juel_\w+: ")


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, or a literal text. `source` is what the designer wrote; calls_juel: JUEL whose translation needs our functions."""

    source: str
    kind: Literal["feel", "literal"]
    compiled: feel.Expression | None = None
    calls_juel: bool = False

    @property
    def names(self) -> frozenset[str]:
        """Free variables."""
        return self.compiled.names if self.compiled else frozenset()

    @property
    def calls(self) -> frozenset[str]:
        """Functions that the designer calls by name."""
        if self.compiled is None:
            return frozenset()
        return self.compiled.calls - JUEL_FUNCTIONS if self.calls_juel else self.compiled.calls

    def value(
        self, variables: Mapping[str, object], *, now: datetime, functions: Iterable[feel.Function]
    ) -> tuple[object, tuple[str, ...]]:
        """Return (value, warnings). Raises feel.FeelError."""
        if self.compiled is None:
            return self.source, ()
        if not self.calls_juel:
            return self.compiled.evaluate_with_warnings(variables, now=now, functions=functions)
        try:
            return self.compiled.evaluate_with_warnings(variables, now=now, functions=(*functions, *juel_values.FUNCTIONS))
        except feel.FeelError as fault:  # the designer did not write the name of our function
            raise type(fault)(JUEL_NAME.sub("", str(fault))) from fault


NULL = Expression("null", "feel", feel.compile("null"))


def literal(text: str) -> Expression:
    """Return a text that stands for itself."""
    return Expression(text, "literal")


def of_feel(text: str, functions: Iterable[feel.Function] = ()) -> Expression:
    """Return a FEEL expression without its leading `=`. Raises feel.FeelSyntaxError."""
    return Expression(text, "feel", feel.compile(text.strip(), functions=functions))


def of_list(items: Sequence[Expression]) -> Expression:
    """Return the list of what the expressions and texts give."""
    return _composed("[" + ", ".join(_feel(item) for item in items) + "]", items)


def of_map(entries: Sequence[tuple[str, Expression]]) -> Expression:
    """Return the context of what the expressions and texts give, by key."""
    inside = ", ".join(f"{juel.feel_text(key)}: {_feel(value)}" for key, value in entries)
    return _composed("{" + inside + "}", [value for _, value in entries])


def _feel(expression: Expression) -> str:
    return juel.feel_text(expression.source) if expression.compiled is None else f"({expression.compiled.text})"


def _composed(text: str, inner: Sequence[Expression]) -> Expression:
    return Expression(text, "feel", feel.compile(text), calls_juel=any(one.calls_juel for one in inner))


def read(text: str, functions: Iterable[feel.Function] = (), *, language: str = "", with_juel: bool = True) -> Expression:
    """Return what a designer wrote in an expression place. with_juel: whether the dialect knows it (Camunda 8 does not).

    Raises feel.FeelSyntaxError or NotSupported.
    """
    stripped = text.strip()
    if language.lower() == "feel" or language.endswith("/FEEL/"):
        return of_feel(stripped.removeprefix("="), functions)
    if language and language.lower() not in ("juel", "http://www.w3.org/2001/xmlschema"):
        raise NotSupported(f"Die Sprache „{language}“ wird nicht ausgeführt.")
    if stripped.startswith("="):
        return of_feel(stripped[1:], functions)
    if "${" in stripped or "#{" in stripped:
        if not with_juel:
            found = f"„{stripped}“ ist ein Ausdruck von Camunda 7; in Camunda 8 beginnt ein Ausdruck mit „=“."
            raise NotSupported(found)
        compiled = feel.compile(juel.from_juel(stripped), functions=functions)
        return Expression(text, "feel", compiled, calls_juel=not compiled.calls.isdisjoint(JUEL_FUNCTIONS))
    return literal(stripped)
