"""A scannerless recursive-descent parser for all of FEEL (DMN 1.5, 10.3.1).

FEEL is context-sensitive: a name may hold spaces and operators (`Kunde Name`, `string length`), and which words form one
depends on the names in scope. So there is no token stream: at a name, the longest known name that fits wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.feel import syntax
from engine.feel.errors import FeelSyntaxError
from engine.feel.temporal import parse_literal
from engine.feel.values import CONTEXT

MAX_LENGTH = 20_000
MAX_DEPTH = 60
MAX_SIGNS = 40

_ASTRAL = "\U00010000-\U0010ffff"
_START = rf"[^\W\d]|[_?{_ASTRAL}]"
_REST = rf"(?:\w|[{_ASTRAL}?])"
_SPACED = rf"(?:\w|[ \t\n{_ASTRAL}?'’./*+\-])"
IDENTIFIER = re.compile(rf"(?:{_START}){_REST}*")
SPACE = re.compile(r"(?:[\s\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
STRING = re.compile(r'"((?:[^"\\\n]|\\.)*)"', re.DOTALL)
OPERATOR = re.compile(r"\*\*|\.\.|<=|>=|!=|->|[-+*/(){}\[\],.:=<>@]")
KEY = re.compile(rf"\s*((?:{_START}){_SPACED}*?)\s*:(?!:)")
ITERATED = re.compile(rf"\s*((?:{_START}){_SPACED}*?)\s+in\b")
PARAMETER = re.compile(rf"\s*((?:{_START}){_SPACED}*?)\s*(?=[:,)])")
WORDS = re.compile(rf"{_REST}+|[^\w\s]")
ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{6}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "'": "'"}

RESERVED = frozenset({
    "for", "return", "if", "then", "else", "some", "every", "satisfies", "instance", "of", "in", "function", "external",
    "or", "and", "between", "true", "false", "null", "not",
})  # fmt: skip
COMPARATORS = ("=", "!=", "<", "<=", ">", ">=")
SPACED_TYPES = (
    "years and months duration", "years and month duration", "days and time duration", "day time duration", "date and time", "date time",
)  # fmt: skip


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


def parse_expression(text: str, known: KnownNames) -> syntax.Node:
    """Return the tree of an expression. Raises FeelSyntaxError."""
    return _Parser(text, known).whole_expression()


def parse_unary_tests(text: str, known: KnownNames) -> syntax.UnaryTests:
    """Return the tree of unary tests (a DMN input cell). Raises FeelSyntaxError."""
    return _Parser(text, known).whole_unary_tests()


class _Parser:
    def __init__(self, text: str, known: KnownNames) -> None:
        self.text = text
        self.at = 0
        self.known = known
        self.depth = 0
        self.value_named = False
        if len(text) > MAX_LENGTH:
            raise FeelSyntaxError(f"Der Ausdruck ist länger als {MAX_LENGTH} Zeichen", 0, text)

    # -- reading
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

    # -- whole texts
    def whole_expression(self) -> syntax.Node:
        node = self.expression()
        self.need_end()
        return node

    def whole_unary_tests(self) -> syntax.UnaryTests:
        self.skip_space()
        if self.text[self.at :].strip() in ("-", ""):
            return syntax.UnaryTests((), negated=False)
        start = self.at
        if self.take_word("not") and self.take("("):
            try:
                tests = self.tests()
                self.need(")")
                self.need_end()
                return syntax.UnaryTests(tests, negated=True)
            except FeelSyntaxError:
                pass  # `not(x) = y` is an expression: read it again as one
        self.at = start
        tests = self.tests()
        self.need_end()
        return syntax.UnaryTests(tests, negated=False)

    def need_end(self) -> None:
        self.skip_space()
        if self.at != len(self.text):
            raise self.fail(f"„{self.text[self.at : self.at + 20]}“ gehört hier nicht hin")

    def tests(self) -> tuple[syntax.Test, ...]:
        tests = [self.test()]
        while self.take(","):
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> syntax.Test:
        operator = self.take(*COMPARATORS)
        if operator:
            return syntax.Comparison(operator, self.sum())
        outer, self.value_named = self.value_named, False
        expression = self.expression()
        uses_value, self.value_named = self.value_named, outer or self.value_named
        return syntax.Candidate(expression, uses_value)

    # -- expressions, loosest binding first
    def expression(self) -> syntax.Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"Der Ausdruck ist tiefer als {MAX_DEPTH} Ebenen verschachtelt")
        try:
            word = self.peek_word()
            if word == "if":
                return self.conditional()
            if word == "for":
                return self.iteration()
            if word in ("some", "every"):
                return self.quantified(some=word == "some")
            return self.disjunction()
        finally:
            self.depth -= 1

    def conditional(self) -> syntax.Node:
        self.need_word("if")
        condition = self.expression()
        self.need_word("then")
        then = self.expression()
        self.need_word("else")
        return syntax.If(condition, then, self.expression())

    def iterators(self) -> tuple[syntax.Iterator, ...]:
        found = []
        while True:
            match = ITERATED.match(self.text, self.at)
            if not match:
                raise self.fail("Hier wird „Name in Liste“ erwartet")
            self.at = match.end()
            name = normalised(match.group(1))
            domain = self.expression()
            found.append(syntax.Iterator(name, domain, self.expression() if self.take("..") else None))
            self.known = self.known.with_names([name])
            if not self.take(","):
                return tuple(found)

    def iteration(self) -> syntax.Node:
        outer = self.known
        self.need_word("for")
        iterators = self.iterators()
        self.need_word("return")
        body = self.expression()
        self.known = outer
        return syntax.For(iterators, body)

    def quantified(self, *, some: bool) -> syntax.Node:
        outer = self.known
        self.need_word("some" if some else "every")
        iterators = self.iterators()
        self.need_word("satisfies")
        body = self.expression()
        self.known = outer
        return syntax.Quantified(some, iterators, body)

    def disjunction(self) -> syntax.Node:
        node = self.conjunction()
        while self.take_word("or"):
            node = syntax.Binary("or", node, self.conjunction())
        return node

    def conjunction(self) -> syntax.Node:
        node = self.comparison()
        while self.take_word("and"):
            node = syntax.Binary("and", node, self.comparison())
        return node

    def comparison(self) -> syntax.Node:
        node = self.sum()
        while True:
            operator = self.take(*COMPARATORS)
            if operator:
                node = syntax.Binary(operator, node, self.sum())
            elif self.take_word("between"):
                low = self.sum()
                self.need_word("and")
                node = syntax.Between(node, low, self.sum())
            elif self.take_word("in"):
                node = syntax.In(node, self.in_tests())
            else:
                return node

    def in_tests(self) -> tuple[syntax.Test, ...]:
        start = self.at
        if self.take("("):
            try:
                tests = self.tests()
                if self.take(")") and self.peek_operator() not in ("..", "[", ".", "+", "-", "*", "/", "**"):
                    return tests
            except FeelSyntaxError:
                pass  # an open range such as (1..5]: read again below
            self.at = start
        operator = self.take(*COMPARATORS)
        return (syntax.Comparison(operator, self.sum()) if operator else syntax.Candidate(self.sum(), uses_value=False),)

    def sum(self) -> syntax.Node:
        node = self.product()
        while operator := self.take("+", "-"):
            node = syntax.Binary(operator, node, self.product())
        return node

    def product(self) -> syntax.Node:
        node = self.power()
        while operator := self.take("*", "/"):
            node = syntax.Binary(operator, node, self.power())
        return node

    def power(self) -> syntax.Node:
        node = self.signed()
        while self.take("**"):
            node = syntax.Binary("**", node, self.signed())
        return node

    def signed(self) -> syntax.Node:
        signs = 0
        while self.take("-"):
            signs += 1
            if signs > MAX_SIGNS:
                raise self.fail("Zu viele Vorzeichen hintereinander")
        node = self.instance()
        for _ in range(signs):
            node = syntax.Negate(node)
        return node

    def instance(self) -> syntax.Node:
        node = self.postfix()
        while self.take_word("instance"):
            self.need_word("of")
            node = syntax.InstanceOf(node, self.type())
        return node

    def postfix(self) -> syntax.Node:
        node = self.primary()
        while True:
            self.skip_space()
            character = self.text[self.at : self.at + 1]
            if character == "." and not self.text.startswith("..", self.at):
                self.at += 1
                node = syntax.Path(node, self.name())
            elif character == "[":
                start, known = self.at, self.known
                try:
                    self.at += 1
                    condition = self.expression()
                    self.need("]")
                except FeelSyntaxError:
                    self.at, self.known = start, known  # the `[` ends a range such as ]1..5[
                    return node
                node = syntax.Filter(node, condition)
            elif character == "(" and isinstance(
                node, syntax.Name | syntax.Path | syntax.Call | syntax.FunctionOf | syntax.Filter | syntax.Group
            ):
                self.at += 1
                node = self.call(node)
            else:
                return node

    def call(self, function: syntax.Node) -> syntax.Node:
        if self.take(")"):
            return syntax.Call(function, (), None)
        match = KEY.match(self.text, self.at)
        if match and match.group(1) not in RESERVED:
            names, arguments = [], []
            while True:
                match = KEY.match(self.text, self.at)
                if not match:
                    raise self.fail("Hier wird „Name: Wert“ erwartet")
                self.at = match.end()
                names.append(normalised(match.group(1)))
                arguments.append(self.expression())
                if not self.take(","):
                    break
            self.need(")")
            return syntax.Call(function, tuple(arguments), tuple(names))
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        self.need(")")
        return syntax.Call(function, tuple(arguments), None)

    def primary(self) -> syntax.Node:
        self.skip_space()
        if self.at >= len(self.text):
            raise self.fail("Der Ausdruck ist unvollständig")
        character = self.text[self.at]
        number = NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return syntax.Literal(CONTEXT.create_decimal(number.group()))
        if character == '"':
            return syntax.Literal(self.string())
        if character == "@":
            self.at += 1
            self.skip_space()
            return syntax.Literal(parse_literal(self.string()))
        if character == "(":
            return self.parenthesised()
        if character == "[":
            return self.bracketed()
        if character == "]":
            self.at += 1
            low = self.expression()
            self.need("..")
            return self.range_end(low, low_closed=False)
        if character == "{":
            return self.context()
        return self.named()

    def named(self) -> syntax.Node:
        position = self.at
        word = self.peek_word()
        if word is None and self.text[self.at] != "`":
            raise self.fail(f"„{self.text[self.at]}“ gehört hier nicht hin")
        if word in ("true", "false", "null"):
            self.take_word(word)
            return syntax.Literal({"true": True, "false": False, "null": None}[word])
        if word == "function":
            return self.function()
        if word in ("if", "for", "some", "every"):
            return self.expression()
        if word in RESERVED and word != "not":
            called = self.text[self.at + len(word) :].lstrip().startswith("(")
            if not (word in ("and", "or") and called):  # Camunda: and(list), or(list)
                raise self.fail(f"Das Schlüsselwort „{word}“ gehört hier nicht hin")
        name = self.name()
        if name == "?":
            self.value_named = True
        return syntax.Name(name, position)

    def parenthesised(self) -> syntax.Node:
        self.need("(")
        operator = self.take(*COMPARATORS)
        if operator:
            end = self.sum()
            self.need(")")
            return syntax.OpenRange(operator, end)
        inner = self.expression()
        if self.take(".."):
            return self.range_end(inner, low_closed=False)
        self.need(")")
        return syntax.Group(inner)

    def bracketed(self) -> syntax.Node:
        self.need("[")
        if self.take("]"):
            return syntax.ListOf(())
        items = [self.expression()]
        if self.take(".."):
            return self.range_end(items[0], low_closed=True)
        while self.take(","):
            items.append(self.expression())
        self.need("]")
        return syntax.ListOf(tuple(items))

    def range_end(self, low: syntax.Node, *, low_closed: bool) -> syntax.Node:
        high = self.expression()
        end = self.take(")", "]", "[")
        if not end:
            raise self.fail("Hier wird das Ende des Bereichs erwartet: „]“ oder „)“")
        return syntax.RangeOf(low, high, low_closed, end == "]")

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

    def context(self) -> syntax.Node:
        self.need("{")
        entries = []
        if not self.take("}"):
            while True:
                self.skip_space()
                if self.text.startswith('"', self.at):
                    key = self.string()
                    self.need(":")
                else:
                    match = KEY.match(self.text, self.at)
                    if not match:
                        raise self.fail("Hier wird „Schlüssel: Wert“ erwartet")
                    self.at = match.end()
                    key = normalised(match.group(1))
                # Entries stay known behind the context too: a later path such as .Kunde Name needs them.
                self.known = self.known.with_names([key])
                entries.append((key, self.expression()))
                if not self.take(","):
                    break
            self.need("}")
        return syntax.ContextOf(tuple(entries))

    def function(self) -> syntax.Node:
        self.need_word("function")
        self.need("(")
        outer = self.known
        parameters: list[str] = []
        types: list[syntax.Type | None] = []
        if not self.take(")"):
            while True:
                match = PARAMETER.match(self.text, self.at)
                if not match:
                    raise self.fail("Hier wird der Name eines Parameters erwartet")
                self.at = match.end()
                parameters.append(normalised(match.group(1)))
                types.append(self.type() if self.take(":") else None)
                if not self.take(","):
                    break
            self.need(")")
        if self.take(":"):
            self.type()
        self.known = self.known.with_names(parameters)
        external = self.take_word("external")
        body = self.expression()
        self.known = outer
        return syntax.FunctionOf(tuple(parameters), tuple(types), None if external else body)

    # -- types
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
        for spaced in SPACED_TYPES:
            match = re.compile(spaced.replace(" ", r"\s+")).match(self.text, self.at)
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
                match = KEY.match(self.text, self.at)
                if not match:
                    raise self.fail("Hier wird „Feld: Typ“ erwartet")
                self.at = match.end()
                fields.append((normalised(match.group(1)), self.type()))
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


def _unescape(match: re.Match[str]) -> str:
    escape = match.group(1)
    if escape[0] in "uU" and len(escape) > 1:
        code = int(escape[1:], 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return ESCAPES.get(escape, "\\" + escape)
