"""Expressions in diagrams: FEEL (`=x`, or where the language says so), the JUEL subset `${x}` of Camunda 7, and literals.

JUEL is translated to FEEL when the file is read; nothing of it is ever evaluated as Python.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from engine import feel


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, or a literal text. `source` is what the designer wrote."""

    source: str
    kind: Literal["feel", "literal"]
    compiled: feel.Expression | None = None

    @property
    def names(self) -> frozenset[str]:
        """Free variables."""
        return self.compiled.names if self.compiled else frozenset()

    @property
    def calls(self) -> frozenset[str]:
        """Functions called by name."""
        return self.compiled.calls if self.compiled else frozenset()

    def value(
        self, variables: Mapping[str, object], *, now: datetime, functions: Iterable[feel.Function]
    ) -> tuple[object, tuple[str, ...]]:
        """Return (value, warnings). Raises feel.FeelError."""
        if self.compiled is None:
            return self.source, ()
        return self.compiled.evaluate_with_warnings(variables, now=now, functions=functions)


class NotSupported(ValueError):
    """The expression is of a kind that is not executed. The message says what to use instead (German)."""


def literal(text: str) -> Expression:
    """Return a text that stands for itself."""
    return Expression(text, "literal")


def of_feel(text: str, functions: Iterable[feel.Function] = ()) -> Expression:
    """Return a FEEL expression without its leading `=`. Raises feel.FeelSyntaxError."""
    return Expression(text, "feel", feel.compile(text.strip(), functions=functions))


def read(text: str, functions: Iterable[feel.Function] = (), *, language: str = "", juel: bool = True) -> Expression:
    """Return what a designer wrote in an expression place. juel: whether the dialect knows it (Camunda 8 does not).

    Raises feel.FeelSyntaxError or NotSupported.
    """
    stripped = text.strip()
    if language.lower() == "feel" or language.endswith("/FEEL/"):
        return of_feel(stripped.removeprefix("="), functions)
    if language and language.lower() not in ("juel", "http://www.w3.org/2001/XMLSchema"):
        raise NotSupported(f"Die Sprache „{language}“ wird nicht ausgeführt. Bitte FEEL verwenden.")
    if stripped.startswith("="):
        return of_feel(stripped[1:], functions)
    if "${" in stripped or "#{" in stripped:
        if not juel:
            raise NotSupported(f"„{stripped}“ ist ein Ausdruck von Camunda 7; in Camunda 8 beginnt ein Ausdruck mit „=“.")
        return Expression(text, "feel", feel.compile(from_juel(stripped), functions=functions))
    return literal(stripped)


# ---------------------------------------------------------------- JUEL
_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>[A-Za-z_äöüÄÖÜß][\wäöüÄÖÜß]*)|(?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:().,\[\]]))"
)
_WORDS = {"and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">="}
_COMPARISONS = {"==": "=", "!=": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_FUNCTIONS = {"now": "now()", "dateTime": "now()", "currentUser": "currentUser"}
_SHIFTS = {
    "plusDays": ("P", "D", "+"), "plusWeeks": ("P", "W", "+"), "plusMonths": ("P", "M", "+"), "plusYears": ("P", "Y", "+"),
    "plusHours": ("PT", "H", "+"), "plusMinutes": ("PT", "M", "+"), "minusDays": ("P", "D", "-"), "minusMonths": ("P", "M", "-"),
}  # fmt: skip
_INSTEAD = (
    'Beans und Java-Methoden werden nicht ausgeführt. Bitte FEEL (=ausdruck) oder einen externen Task (camunda:type="external") verwenden.'
)


def from_juel(text: str) -> str:
    """Return the FEEL of `${...}`, or of a text with several `${...}` in it (joined). Raises NotSupported."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        start = min((found for found in (text.find("${", position), text.find("#{", position)) if found >= 0), default=-1)
        if start < 0:
            parts.append(feel_text(text[position:]))
            break
        if start > position:
            parts.append(feel_text(text[position:start]))
        end = text.find("}", start)
        if end < 0:
            raise NotSupported(f"In „{text}“ fehlt die schließende Klammer „}}“.")
        parts.append(_Juel(text[start + 2 : end]).translate())
        position = end + 1
    return parts[0] if len(parts) == 1 else " + ".join(part if part.startswith('"') else f"string({part})" for part in parts)


def feel_text(text: str) -> str:
    """Return a text as a FEEL literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Juel:
    """Translates one JUEL expression by recursive descent."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if not match or match.end() == position:
                raise NotSupported(f"„${{{text}}}“ ist an der Stelle „{text[position : position + 10].strip()}“ nicht lesbar.")
            kind = match.lastgroup or ""
            word = match.group(kind)
            self.tokens.append(("operator", _WORDS[word]) if word in _WORDS else (kind, word))
            position = match.end()
        self.at = 0

    def translate(self) -> str:
        result = self.ternary()
        if self.at != len(self.tokens):
            raise NotSupported(f"„${{{self.text}}}“ ist bei „{self.tokens[self.at][1]}“ nicht lesbar. {_INSTEAD}")
        return result

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) and self.tokens[self.at][0] != "text" else ""

    def take(self, *operators: str) -> str:
        found = self.peek()
        if found and found in operators:
            self.at += 1
            return found
        return ""

    def need(self, operator: str) -> None:
        if not self.take(operator):
            raise NotSupported(f"In „${{{self.text}}}“ fehlt „{operator}“.")

    def ternary(self) -> str:
        condition = self.disjunction()
        if not self.take("?"):
            return condition
        then = self.ternary()
        self.need(":")
        return f"(if {condition} then {then} else {self.ternary()})"

    def disjunction(self) -> str:
        left = self.conjunction()
        while self.take("||"):
            left = f"({left} or {self.conjunction()})"
        return left

    def conjunction(self) -> str:
        left = self.comparison()
        while self.take("&&"):
            left = f"({left} and {self.comparison()})"
        return left

    def comparison(self) -> str:
        left = self.sum()
        while operator := self.take(*_COMPARISONS):
            left = f"({left} {_COMPARISONS[operator]} {self.sum()})"
        return left

    def sum(self) -> str:
        left = self.product()
        while operator := self.take("+", "-"):
            left = f"({left} {operator} {self.product()})"
        return left

    def product(self) -> str:
        left = self.unary()
        while operator := self.take("*", "/", "%"):
            right = self.unary()
            left = f"modulo({left}, {right})" if operator == "%" else f"({left} {operator} {right})"
        return left

    def unary(self) -> str:
        if self.take("!"):
            return f"not({self.unary()})"
        if self.take("-"):
            return f"-{self.unary()}"
        if self.peek() == "empty":
            self.at += 1
            value = self.unary()
            return f'({value} = null or {value} = "" or (if {value} instance of list then count({value}) = 0 else false))'
        return self.postfix()

    def postfix(self) -> str:
        value = self.primary()
        while True:
            if self.take("["):
                index = self.ternary()
                self.need("]")
                value = f"{value}[{index} + 1]" if index.isdecimal() else f"get value({value}, {index})"
            elif self.take("."):
                value = self.member(value)
            else:
                return value

    def member(self, value: str) -> str:
        kind, name = self.tokens[self.at] if self.at < len(self.tokens) else ("", "")
        if kind != "name":
            raise NotSupported(f"In „${{{self.text}}}“ wird nach dem Punkt ein Name erwartet.")
        self.at += 1
        if not self.take("("):
            return f"{value}.{name}"
        if name == "toDate" and self.take(")"):
            return value
        if name in _SHIFTS:
            prefix, unit, sign = _SHIFTS[name]
            amount = self.ternary()
            self.need(")")
            factor = f"({amount}) * 7" if unit == "W" else amount
            return f'({value} {sign} duration("{prefix}" + string({factor}) + "{"D" if unit == "W" else unit}"))'
        if name == "size" and self.take(")"):
            return f"count({value})"
        raise NotSupported(f"„{name}()“ in „${{{self.text}}}“: {_INSTEAD}")

    def primary(self) -> str:
        if self.at >= len(self.tokens):
            raise NotSupported(f"„${{{self.text}}}“ ist unvollständig.")
        kind, word = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return word
        if kind == "text":
            return feel_text(re.sub(r"\\(.)", r"\1", word[1:-1]))
        if word == "(":
            inner = self.ternary()
            self.need(")")
            return f"({inner})"
        if kind == "name":
            if self.take("("):
                if word in _FUNCTIONS and self.take(")"):
                    return _FUNCTIONS[word]
                raise NotSupported(f"„{word}()“ in „${{{self.text}}}“: {_INSTEAD}")
            if word == "execution" or word == "task":
                raise NotSupported(f"„{word}“ in „${{{self.text}}}“: {_INSTEAD}")
            return word
        raise NotSupported(f"„{word}“ gehört in „${{{self.text}}}“ nicht hierhin.")
