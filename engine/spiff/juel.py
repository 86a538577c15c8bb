"""JUEL, the expression language of Camunda 7: the part that real models use, translated to FEEL. Nothing is evaluated as Python.

Where JUEL means something else than FEEL (null, texts that are numbers, counting from 0) the translation calls a function of
`juel_values`. Methods of texts, lists and maps that change nothing run; what a translation cannot say (beans, other methods) is refused by
name, with what to use instead.
"""

from __future__ import annotations

import re
from decimal import Decimal

from engine.spiff.juel_values import METHODS, SHIFTS, TRUTHS

MAX_DEPTH = 40
MAX_LENGTH = 4000
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?)|(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<name>[^\W\d]\w*)|(?P<operator>&&|\|\||==|!=|<=|>=|[-+*/%<>!?:().,\[\]]))",
    re.DOTALL,
)
_WORDS = {
    "and": "&&", "or": "||", "not": "!", "eq": "==", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=", "div": "/", "mod": "%",
}  # fmt: skip
_COMPARISONS = {"==": "juel_equal({}, {})", "!=": "not(juel_equal({}, {}))", "<": "juel_less({}, {})", ">": "juel_less({1}, {0})",
                "<=": "juel_at_most({}, {})", ">=": "juel_at_most({1}, {0})"}  # fmt: skip
_CALLS = {"now": "now()", "dateTime": "now()", "currentUser": "currentUser"}
FEEL = "Bitte FEEL verwenden, z. B. =betrag > 100."
_BEANS = "Bitte FEEL (=ausdruck) oder eine externe Aufgabe (Topic) verwenden; Beans und Java-Methoden laufen nicht."
_METHODS = {
    "prop": "JSON ist hier eine gewöhnliche Variable: ${kunde.name}.", "value": "JSON ist hier eine gewöhnliche Variable: ${kunde.name}.",
    "substring": "Bitte FEEL verwenden: =substring(text, ab, anzahl).", "replace": "Bitte FEEL verwenden: =replace(text, muster, neu).",
    "split": "Bitte FEEL verwenden: =split(text, trenner).", "withHourOfDay": "Bitte FEEL verwenden: =date and time(date, time).",
}  # fmt: skip
_SPIN = frozenset({"S", "JSON", "XML"})
_OBJECTS = frozenset({"task", "caseExecution", "externalTask"})
# What `execution` knows, by property or getter: the name under which `workflow` shows it; no variable can bear it.
BUSINESS_KEY, INSTANCE_ID = "execution.processBusinessKey", "execution.processInstanceId"
_EXECUTION = {
    "processBusinessKey": BUSINESS_KEY, "businessKey": BUSINESS_KEY, "processInstanceId": INSTANCE_ID,
    "getProcessBusinessKey": BUSINESS_KEY, "getBusinessKey": BUSINESS_KEY, "getProcessInstanceId": INSTANCE_ID,
}  # fmt: skip
_OF_EXECUTION = (
    "Bitte die Variable selbst nennen: ${betrag}. Von „execution“ laufen nur getVariable('name'), hasVariable('name'), "
    "processBusinessKey und processInstanceId."
)


class NotSupported(ValueError):
    """The expression is of a kind that is not executed. found: what it is, remedy: what to use instead (German)."""

    def __init__(self, found: str, remedy: str = FEEL) -> None:
        super().__init__(f"{found} {remedy}")
        self.found = found
        self.remedy = remedy


def from_juel(text: str) -> str:
    """Return the FEEL of `${...}`, or of a text with several `${...}` in it (joined). Raises NotSupported."""
    if len(text) > MAX_LENGTH:
        raise NotSupported(f"Der Ausdruck ist länger als {MAX_LENGTH} Zeichen.")
    pieces: list[str] = []
    plain = ""
    position = 0
    while position < len(text):
        if text[position] == "\\" and text[position + 1 : position + 3] in ("${", "#{"):
            plain += text[position + 1 : position + 3]
            position += 3
        elif text[position : position + 2] in ("${", "#{"):
            if plain:
                pieces.append(feel_text(plain))
                plain = ""
            end = _end_of(text, position + 2)
            pieces.append(_Translation(text[position + 2 : end]).whole())
            position = end + 1
        else:
            plain += text[position]
            position += 1
    if plain:
        pieces.append(feel_text(plain))
    return pieces[0] if len(pieces) == 1 else " + ".join(piece if piece.startswith('"') else f"juel_text({piece})" for piece in pieces)


def _end_of(text: str, start: int) -> int:
    """Return where the expression that starts there closes; braces inside texts do not close it."""
    quote = ""
    position = start
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == "}":
            return position
        position += 1
    raise NotSupported(f"In „{text}“ fehlt die schließende Klammer „}}“.")


def feel_text(text: str) -> str:
    """Return a text as a FEEL literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return f'"{escaped}"'


class _Translation:
    """Translates one JUEL expression by recursive descent. `boolean` holds the results known to be true or false."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        self.boolean: set[str] = {"true", "false"}
        self.at = 0
        self.depth = 0
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if not match or match.end() == position:
                raise NotSupported(f"„${{{text}}}“ ist an der Stelle „{text[position : position + 10].strip()}“ nicht lesbar.")
            kind = match.lastgroup or ""
            word = match.group(kind)
            self.tokens.append(("operator", _WORDS[word]) if kind == "name" and word in _WORDS else (kind, word))
            position = match.end()

    def whole(self) -> str:
        result = self.ternary()
        if self.at != len(self.tokens):
            raise NotSupported(f"„${{{self.text}}}“ ist bei „{self.tokens[self.at][1]}“ nicht lesbar.")
        return result

    # -- tokens
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

    def truth(self, value: str) -> str:
        """Return the value as JUEL takes it for true or false."""
        return value if value in self.boolean else self.known(f"juel_true({value})")

    def known(self, value: str) -> str:
        self.boolean.add(value)
        return value

    # -- the grammar, weakest binding first
    def ternary(self) -> str:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotSupported(f"Der Ausdruck ist tiefer als {MAX_DEPTH} Ebenen verschachtelt.", "Bitte aufteilen.")
        condition = self.disjunction()
        if self.take("?"):
            then = self.ternary()
            self.need(":")
            condition = f"(if {self.truth(condition)} then {then} else {self.ternary()})"
        self.depth -= 1
        return condition

    def disjunction(self) -> str:
        left = self.conjunction()
        while self.take("||"):
            left = self.known(f"({self.truth(left)} or {self.truth(self.conjunction())})")
        return left

    def conjunction(self) -> str:
        left = self.comparison()
        while self.take("&&"):
            left = self.known(f"({self.truth(left)} and {self.truth(self.comparison())})")
        return left

    def comparison(self) -> str:
        """Equality binds weaker than order."""
        left = self.order()
        while operator := self.take("==", "!="):
            left = self.known(_COMPARISONS[operator].format(left, self.order()))
        return left

    def order(self) -> str:
        left = self.sum()
        while operator := self.take("<", ">", "<=", ">="):
            left = self.known(_COMPARISONS[operator].format(left, self.sum()))
        return left

    def sum(self) -> str:
        left = self.product()
        while operator := self.take("+", "-"):
            left = f"(juel_number({left}) {operator} juel_number({self.product()}))"
        return left

    def product(self) -> str:
        left = self.unary()
        while operator := self.take("*", "/", "%"):
            right = self.unary()
            left = f"juel_rest({left}, {right})" if operator == "%" else f"(juel_number({left}) {operator} juel_number({right}))"
        return left

    def unary(self) -> str:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotSupported(f"Der Ausdruck ist tiefer als {MAX_DEPTH} Ebenen verschachtelt.", "Bitte aufteilen.")
        if self.take("!"):
            found = self.known(f"not({self.truth(self.unary())})")
        elif self.take("-"):
            found = f"(-juel_number({self.unary()}))"
        elif self.take("empty"):
            found = self.known(f"juel_empty({self.unary()})")
        else:
            found = self.postfix()
        self.depth -= 1
        return found

    def postfix(self) -> str:
        value = self.primary()
        while True:
            if self.take("["):
                index = self.ternary()
                self.need("]")
                value = f"juel_item({value}, {index})"
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
            return f"juel_item({value}, {feel_text(name)})"
        if name in ("toDate", "size") and self.take(")"):
            return f"juel_size({value})" if name == "size" else value
        if name in METHODS:
            argument = self.ternary() if METHODS[name] else "null"
            self.need(")")
            called = f"juel_method({value}, {feel_text(name)}, {argument})"
            return self.known(called) if name in TRUTHS else called
        if name in SHIFTS:
            amount = self.ternary()
            self.need(")")
            return f"juel_shift({value}, {feel_text(name)}, {amount})"
        raise NotSupported(f"„{name}()“ in „${{{self.text}}}“ wird nicht ausgeführt.", _METHODS.get(name, _BEANS))

    def primary(self) -> str:
        if self.at >= len(self.tokens):
            raise NotSupported(f"„${{{self.text}}}“ ist unvollständig.")
        kind, word = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return format(Decimal(word), "f")
        if kind == "text":
            return feel_text(re.sub(r"\\(.)", r"\1", word[1:-1], flags=re.DOTALL))
        if word == "(":
            inner = self.ternary()
            self.need(")")
            return inner if inner in self.boolean else f"({inner})"
        if kind == "name":
            return self.name(word)
        raise NotSupported(f"„{word}“ gehört in „${{{self.text}}}“ nicht hierhin.")

    def of_execution(self) -> str:
        """Return what is asked of `execution`: one of its properties, a variable, or whether there is one. Raises NotSupported."""
        words = [word for _, word in self.tokens[self.at : self.at + 5]]
        if words[:1] == ["."] and words[1:2] and words[1] in _EXECUTION and (words[2:3] == ["("]) == words[1].startswith("get"):
            self.at += 2
            if self.take("("):
                self.need(")")
            return f"`{_EXECUTION[words[1]]}`"
        asks = (
            words[:1] == ["."] and words[1:2] and words[1] in ("getVariable", "hasVariable") and words[2:3] == ["("] and words[4:] == [")"]
        )
        if not asks or self.tokens[self.at + 3][0] != "text":
            raise NotSupported(f"„execution“ in „${{{self.text}}}“ wird so nicht ausgeführt.", _OF_EXECUTION)
        name = words[3][1:-1]
        if not name.isidentifier():
            raise NotSupported(f"„{name}“ in „${{{self.text}}}“ ist kein Name einer Variablen.")
        self.at += 5
        return f"`{name}`" if words[1] == "getVariable" else self.known(f"not(juel_equal(`{name}`, null))")

    def name(self, word: str) -> str:
        if self.take("("):
            if word in _CALLS and self.take(")"):
                return _CALLS[word]
            instead = _METHODS["prop"] if word in _SPIN else _BEANS
            raise NotSupported(f"„{word}()“ in „${{{self.text}}}“ wird nicht ausgeführt.", instead)
        if word in ("true", "false", "null"):
            return word
        if word == "execution":
            return self.of_execution()
        if word in _OBJECTS:
            raise NotSupported(f"„{word}“ in „${{{self.text}}}“ wird nicht ausgeführt.", _BEANS)
        if word == "instanceof":
            remedy = "Bitte FEEL verwenden: =x instance of string."
            raise NotSupported(f"„instanceof“ in „${{{self.text}}}“ wird nicht ausgeführt.", remedy)
        return f"`{word}`"
