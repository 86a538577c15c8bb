"""FEEL's functions on texts, with XPath regular expressions translated for the `regex` package and bounded."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache

import regex

from engine.feel.budget import Budget
from engine.feel.errors import FeelLimitError
from engine.feel.signatures import Library

NUMBER_TEXT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
FLAGS = {"s": regex.S, "m": regex.M, "i": regex.I, "x": 0, "q": 0}
MAX_PATTERN = 1000
PATTERN_STEPS = 10
SPACE_IN_PATTERN = re.compile(r"(\\[pP]\{[^}]*\}|\[(?:\\.|[^\]])*\])|\s+")
NAME_CLASSES = {r"\i": r"[\p{L}_:]", r"\c": r"[\p{L}\p{N}_:.\-]"}
NOT_XPATH = re.compile(r"\(\?(?!:)|\\[AZaZ<>]|\[[^\]]*\\\d")


@lru_cache(maxsize=512)
def pattern_of(pattern: str, flags: str) -> regex.Pattern[str]:
    """Return the compiled XPath pattern. Raises ValueError where it is none."""
    if any(flag not in FLAGS for flag in flags):
        raise ValueError("unknown flag")
    if len(pattern) > MAX_PATTERN:
        raise FeelLimitError(f"Das Muster ist länger als {MAX_PATTERN} Zeichen.")
    options = regex.V1
    for flag in flags:
        options |= FLAGS[flag]
    if "q" in flags:
        return regex.compile(regex.escape(pattern, special_only=True), options)
    if "x" in flags:
        pattern = SPACE_IN_PATTERN.sub(_keep_classes, pattern)
    if NOT_XPATH.search(pattern):
        raise ValueError("not an XPath pattern")
    try:
        return regex.compile(_translated(pattern), options)
    except regex.error as fault:
        raise ValueError(str(fault)) from fault


def _translated(pattern: str) -> str:
    """Return an XPath pattern as the `regex` package (V1) writes it: subtraction and signs in classes, names of blocks, `\\i` and `\\c`."""
    done: list[str] = []
    depth = position = 0
    while position < len(pattern):
        sign, pair = pattern[position], pattern[position : position + 2]
        position += 1
        if sign == "\\":
            position += 1
            if pair in (r"\p", r"\P") and pattern.startswith("{Is", position):
                pair, position = pair + "{In", position + 3
            done.append(NAME_CLASSES.get(pair, pair))
        elif sign == "[" and depth and done[-1] == "-":  # only inside a class; `[A-Z]-[0-9]` is two classes with a sign between
            depth += 1
            done.append("-[")
        elif depth and sign in "&|~" and pair == sign * 2:
            done.append("\\" + sign)
        else:
            depth += (sign == "[") - (sign == "]" and depth > 0)
            done.append(sign)
    return "".join(done)


def _keep_classes(match: re.Match[str]) -> str:
    kept = match.group(1) or ""
    return re.sub(r"\s+", "", kept) if kept.startswith("\\") else kept


Search = Callable[[regex.Pattern[str], float], object]


def _search(budget: Budget, text: str, pattern: str, flags: str | None, search: Search) -> object:
    """Run `search(pattern, seconds)`; what takes too long is an error, never an answer that depends on the machine."""
    budget.charge(PATTERN_STEPS + len(text) // 16 + len(pattern) // 2)
    compiled = pattern_of(pattern, flags or "")
    started = time.perf_counter()
    try:
        return search(compiled, max(budget.pattern_seconds, 0.001))
    except TimeoutError as fault:
        raise FeelLimitError("Das Muster braucht zu lange. Bitte einfacher schreiben.") from fault
    finally:
        budget.pattern_seconds -= time.perf_counter() - started


def _matches(budget: Budget, text: str, pattern: str, flags: str | None = None) -> object:
    return _search(budget, text, pattern, flags, lambda compiled, seconds: compiled.search(text, timeout=seconds) is not None)


def _replace(budget: Budget, text: str, pattern: str, replacement: str, flags: str | None = None) -> object:
    pattern_of(pattern, flags or "")
    if "q" in (flags or ""):

        def as_it_is(match: regex.Match[str]) -> str:
            budget.charge_text(len(replacement))
            return replacement

        return _search(budget, text, pattern, flags, lambda compiled, seconds: compiled.sub(as_it_is, text, timeout=seconds))
    if re.search(r"(?<!\\)\$(?!\d)", replacement):
        return None

    def expand(match: regex.Match[str]) -> str:
        groups = match.re.groups

        def part(found: re.Match[str]) -> str:
            if found.group(1):
                return str(found.group(1))
            digits = found.group(2)
            kept = digits
            while len(kept) > 1 and int(kept) > groups:
                kept = kept[:-1]
            value = (match.group(int(kept)) or "") if int(kept) <= groups else ""
            return str(value) + digits[len(kept) :]

        expanded = re.sub(r"\\([\\$])|\$(\d+)", part, replacement)
        budget.charge_text(len(expanded))
        return expanded

    return _search(budget, text, pattern, flags, lambda compiled, seconds: compiled.sub(expand, text, timeout=seconds))


def _split(budget: Budget, text: str, delimiter: str) -> object:
    if not delimiter:
        budget.charge(len(text) // 8)
        return list(text)
    return _search(budget, text, delimiter, "", lambda compiled, seconds: [part or "" for part in compiled.split(text, timeout=seconds)])


def _extract(budget: Budget, text: str, pattern: str) -> object:
    return _search(
        budget, text, pattern, "", lambda compiled, seconds: [match.group() for match in compiled.finditer(text, timeout=seconds)]
    )


def _substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    position = int(start)
    if position == 0:
        return None
    begin = position - 1 if position > 0 else max(len(text) + position, 0)
    if length is None:
        return text[begin:]
    return text[begin : begin + int(length)] if length >= 1 else None


def _before(text: str, match: str) -> str:
    return text.split(match, 1)[0] if match and match in text else ""


def _after(text: str, match: str) -> str:
    if not match:
        return text
    return text.split(match, 1)[1] if match in text else ""


def _join(
    budget: Budget, items: list[object], delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None
) -> str | None:
    budget.charge(len(items) // 8)
    texts = [item for item in items if isinstance(item, str)]
    if any(not isinstance(item, str) and item is not None for item in items):
        return None
    budget.charge_text(sum(map(len, texts)) + len(delimiter or "") * len(texts))
    return (prefix or "") + (delimiter or "").join(texts) + (suffix or "")


def add(functions: Library) -> None:
    """Declare the functions on texts."""
    functions.add("substring", "string: string, start position: number, length: number?", _substring)
    functions.add("string length", "string: string", lambda text: Decimal(len(text)))
    functions.add("upper case", "string: string", str.upper)
    functions.add("lower case", "string: string", str.lower)
    functions.add("substring before", "string: string, match: string", _before)
    functions.add("substring after", "string: string, match: string", _after)
    functions.add("contains", "string: string, match: string", lambda text, match: match in text)
    functions.add("starts with", "string: string, match: string", str.startswith)
    functions.add("ends with", "string: string, match: string", str.endswith)
    functions.add("trim", "string: string", str.strip)
    functions.add("is blank", "string: string", lambda text: not text.strip())
    functions.add("matches", "input: string, pattern: string, flags: string?", _matches, takes_budget=True)
    functions.add("replace", "input: string, pattern: string, replacement: string, flags: string?", _replace, takes_budget=True)
    functions.add("split", "string: string, delimiter: string", _split, takes_budget=True)
    functions.add("extract", "string: string, pattern: string", _extract, takes_budget=True)
    functions.add("string join", "list: list, delimiter: string?, prefix: string?, suffix: string?", _join, takes_budget=True)
