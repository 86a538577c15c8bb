"""Reads the types of FEEL: `list<number>`, `context<betrag: number>`, `function<string> -> boolean`."""

from __future__ import annotations

import re

from engine.feel import syntax
from engine.feel.cursor import KEY, MAX_DEPTH, Cursor

SPACED_TYPES = {
    name: re.compile(name.replace(" ", r"\s+"))
    for name in (
        "years and months duration", "years and month duration", "days and time duration", "day time duration", "date and time",
        "date time",
    )
}  # fmt: skip


class TypeReader(Cursor):
    """A cursor that reads types."""

    def type(self) -> syntax.Type:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail("Der Typ ist zu tief verschachtelt")
        try:
            return self._type()
        finally:
            self.depth -= 1

    def _type(self) -> syntax.Type:
        word = self.peek_word()
        start = self.at
        if word in ("list", "range", "context", "function"):
            self.take_word(word)
            if not self.take("<"):
                return syntax.Type(word)
            if word in ("list", "range"):
                element = self.type()
                self.need(">")
                return syntax.Type(word, (element,))
            return self.context_type() if word == "context" else self.function_type()
        self.at = start
        self.skip_space()
        for spaced, pattern in SPACED_TYPES.items():
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                return syntax.Type(spaced)
        name = self.name()
        while self.take("."):
            name += "." + self.name()
        return syntax.Type(name)

    def context_type(self) -> syntax.Type:
        fields: list[tuple[str, syntax.Type]] = []
        if not self.take(">"):
            while True:
                field = self.labelled(KEY, "Hier wird „Feld: Typ“ erwartet")
                fields.append((field, self.type()))
                if not self.take(","):
                    break
            self.need(">")
        return syntax.Type("context", fields=tuple(fields))

    def function_type(self) -> syntax.Type:
        parameters: list[syntax.Type] = []
        if not self.take(">"):
            parameters.append(self.type())
            while self.take(","):
                parameters.append(self.type())
            self.need(">")
        self.need("->")
        return syntax.Type("function", tuple(parameters), result=self.type())
