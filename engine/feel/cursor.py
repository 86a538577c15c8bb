"""A cursor over a FEEL text: it takes operators, words, names and texts, and knows where it stands.

FEEL is context-sensitive: a name may hold spaces and operators (`Kunde Name`, `string length`), and which words form one
depends on the names in scope. So there is no token stream: at a name, the longest known name that fits wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.feel.errors import FeelSyntaxError

MAX_LENGTH = 20_000
MAX_DEPTH = 60
_ASTRAL = "\U00010000-\U0010ffff"
_START = rf"[^\W\d]|[_?{_ASTRAL}]"
_REST = rf"(?:\w|[{_ASTRAL}?])"
_INNER = rf"[\w{_ASTRAL}?'’./*+\-]"
_NAME = rf"(?:{_START})(?:{_INNER}|[ \t\n]++(?={_INNER}))"  # possessive: a long run of spaces is walked once
IDENTIFIER = re.compile(rf"(?:{_START}){_REST}*")
SPACE = re.compile(r"(?:[\s\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"', re.DOTALL)
OPERATOR = re.compile(r"\*\*|\.\.|<=|>=|!=|->|[-+*/(){}\[\],.:=<>@]")
KEY = re.compile(rf"\s*+({_NAME}*)\s*+:(?!:)")
ITERATED = re.compile(rf"\s*+({_NAME}*?)\s++in\b")
PARAMETER = re.compile(rf"\s*+({_NAME}*)\s*+(?=[:,)])")
WORDS = re.compile(rf"{_REST}+|[^\w\s]")
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}


def normalised(name: str) -> str:
    """Return the name with single spaces, as FEEL compares names."""
    return " ".join(name.split())


class KnownNames:
    """Names in scope that are not plain identifiers, found by their first word; the longest is tried first."""

    __slots__ = ("by_first_word", "names")

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.by_first_word: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self.names: set[str] = set()
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        name = normalised(name)
        first = IDENTIFIER.match(name)
        if name in self.names or not first or first.end() == len(name):
            return
        self.names.add(name)
        pattern = r"\s+".join(r"\s*".join(re.escape(part) for part in WORDS.findall(word)) for word in name.split(" "))
        known = self.by_first_word.setdefault(first.group(), [])
        known.append((re.compile(pattern), name))
        known.sort(key=lambda entry: -len(entry[1]))

    def with_names(self, names: Iterable[str]) -> KnownNames:
        """Return these names and more; the same object where nothing is added."""
        added = [name for name in names if not IDENTIFIER.fullmatch(normalised(name)) and normalised(name) not in self.names]
        if not added:
            return self
        copy = KnownNames()
        copy.names = set(self.names)
        copy.by_first_word = {word: list(entries) for word, entries in self.by_first_word.items()}
        for name in added:
            copy.add(name)
        return copy


class Cursor:
    """Where reading stands in a text, with the names that are known there."""

    def __init__(self, text: str, known: KnownNames) -> None:
        self.text = text
        self.at = 0
        self.known = known
        self.depth = 0
        if len(text) > MAX_LENGTH:
            raise FeelSyntaxError(f"Der Ausdruck ist länger als {MAX_LENGTH} Zeichen", 0, text)

    def fail(self, message: str) -> FeelSyntaxError:
        return FeelSyntaxError(message, self.at, self.text)

    def skip_space(self) -> None:
        match = SPACE.match(self.text, self.at)
        if match:
            self.at = match.end()

    def peek_operator(self) -> str | None:
        self.skip_space()
        match = OPERATOR.match(self.text, self.at)
        return match.group() if match else None

    def take(self, *operators: str) -> str | None:
        operator = self.peek_operator()
        if operator is None or operator not in operators:
            return None
        self.at += len(operator)
        return operator

    def need(self, operator: str) -> None:
        if not self.take(operator):
            raise self.fail(f"Hier wird „{operator}“ erwartet")

    def peek_word(self) -> str | None:
        self.skip_space()
        match = IDENTIFIER.match(self.text, self.at)
        return match.group() if match else None

    def take_word(self, word: str) -> bool:
        if self.peek_word() != word:
            return False
        self.at += len(word)
        return True

    def need_word(self, word: str) -> None:
        if not self.take_word(word):
            raise self.fail(f"Hier wird das Wort „{word}“ erwartet")

    def name(self) -> str:
        self.skip_space()
        if self.text.startswith("`", self.at):
            end = self.text.find("`", self.at + 1)
            if end < 0:
                raise self.fail("Das schließende Zeichen ` fehlt")
            quoted = normalised(self.text[self.at + 1 : end])
            self.at = end + 1
            return quoted
        match = IDENTIFIER.match(self.text, self.at)
        if not match:
            raise self.fail("Hier wird ein Name erwartet")
        for pattern, known in self.known.by_first_word.get(match.group(), ()):
            found = pattern.match(self.text, self.at)
            if found and not self._word_goes_on(found.end(), known):
                self.at = found.end()
                return known
        self.at = match.end()
        return match.group()

    def _word_goes_on(self, end: int, name: str) -> bool:
        following = self.text[end : end + 1]
        return (following == "_" or following.isalnum()) and (name[-1] == "_" or name[-1].isalnum())

    def labelled(self, pattern: re.Pattern[str], expected: str) -> str:
        """Take the name that KEY, ITERATED or PARAMETER finds here, with the sign behind it."""
        match = pattern.match(self.text, self.at)
        if not match:
            raise self.fail(expected)
        self.at = match.end()
        return normalised(match.group(1))

    def string(self) -> str:
        match = STRING.match(self.text, self.at)
        if not match:
            raise self.fail("Hier wird ein Text in Anführungszeichen erwartet")
        self.at = match.end()
        raw = match.group(1)
        if "\\" not in raw:
            return raw
        text = ESCAPE.sub(_unescape, raw)
        if any("\ud800" <= character <= "\udfff" for character in text):
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return text


def _unescape(match: re.Match[str]) -> str:
    escape = match.group(1)
    if escape[0] in "uU" and len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return ESCAPES.get(escape, "\\" + escape)
