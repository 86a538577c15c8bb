"""A scannerless recursive-descent parser for all of FEEL (DMN 1.5, 10.3.1)."""

from __future__ import annotations

import re

from engine.feel import syntax
from engine.feel.cursor import ITERATED, KEY, MAX_DEPTH, PARAMETER, KnownNames
from engine.feel.errors import FeelSyntaxError
from engine.feel.temporal import parse_literal
from engine.feel.type_reader import TypeReader
from engine.feel.values import CONTEXT

MAX_SIGNS = 40
MAX_HEIGHT = 300
NUMBER = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
RESERVED = frozenset({
    "for", "return", "if", "then", "else", "some", "every", "satisfies", "instance", "of", "in", "function", "external",
    "or", "and", "between", "true", "false", "null", "not",
})  # fmt: skip
COMPARATORS = ("=", "!=", "<", "<=", ">", ">=")


def parse_expression(text: str, known: KnownNames) -> syntax.Node:
    """Return the tree of an expression. Raises FeelSyntaxError."""
    tree = _Parser(text, known).whole_expression()
    _need_low(tree, text)
    return tree


def parse_unary_tests(text: str, known: KnownNames) -> syntax.UnaryTests:
    """Return the tree of unary tests (a DMN input cell). Raises FeelSyntaxError."""
    tree = _Parser(text, known).whole_unary_tests()
    _need_low(tree, text)
    return tree


def _need_low(tree: syntax.Node, text: str) -> None:
    """A chain `a + a + ...` nests as deep as it is long, and each level is a call when it is compiled or evaluated."""
    if syntax.height(tree) > MAX_HEIGHT:
        raise FeelSyntaxError(f"Der Ausdruck reiht mehr als {MAX_HEIGHT} Schritte aneinander; bitte in Teile zerlegen", 0, text)


class _Parser(TypeReader):
    def __init__(self, text: str, known: KnownNames) -> None:
        super().__init__(text, known)
        self.value_named = False
        self.no_tests: set[int] = set()  # where a list of tests was tried in vain: tried once each, or the time doubles per level

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
            name = self.labelled(ITERATED, "Hier wird „Name in Liste“ erwartet")
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
        start, known = self.at, self.known
        if start not in self.no_tests and self.take("("):
            try:
                tests = self.tests()
                if self.take(")") and self.peek_operator() not in ("..", "[", ".", "+", "-", "*", "/", "**"):
                    return tests
            except FeelSyntaxError:
                pass  # an open range such as (1..5]: read again below
            self.no_tests.add(start)
            self.at, self.known = start, known
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
                names.append(self.labelled(KEY, "Hier wird „Name: Wert“ erwartet"))
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
                    key = self.labelled(KEY, "Hier wird „Schlüssel: Wert“ erwartet")
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
                parameters.append(self.labelled(PARAMETER, "Hier wird der Name eines Parameters erwartet"))
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
