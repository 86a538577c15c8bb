"""JavaScript's regular expressions as far as Python's `regex` can mean the same; the rest is refused when the form is deployed."""

from __future__ import annotations

import re
from functools import lru_cache

import regex

SECONDS = 0.25
MAX_PATTERN = 500
# One part of a pattern: an escape, a class, the beginning of a group, or a single character.
PART = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<[A-Za-z_]\w*>)|.", re.DOTALL)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|0[0-9]?|.)", re.DOTALL)
QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
# What `regex` reads and JavaScript without the u flag does not, or reads otherwise: flags, recursion, possessive and fuzzy counts, POSIX classes.
UNKNOWN_TO_JAVASCRIPT = re.compile(r"\(\?(?![:=!<])|\(\?<(?![=!A-Za-z_])|[*+?}]\+|\[\[:|\[\^?\]|\{[^0-9}]|\(\*")
ESCAPES = frozenset("dDwWsSbBtnvfr")  # letters that mean the same in both; others are themselves in JavaScript, and something else here
SPACES = r"\t\n\v\f\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
TRANSLATED = {r"\s": f"[{SPACES}]", r"\S": f"[^{SPACES}]", ".": r"[^\n\r\u2028\u2029]", "$": r"\Z", r"\/": "/", r"\v": r"\x0b"}


def problem(pattern: str) -> str | None:
    """Return why a pattern cannot be used (German), or None."""
    if len(pattern) > MAX_PATTERN:
        return f"länger als {MAX_PATTERN} Zeichen"
    if UNKNOWN_TO_JAVASCRIPT.search(pattern):
        return "im Browser nicht gültig"
    told = _escapes(pattern) or _counted_places(pattern)
    if told:
        return told
    try:
        compiled(pattern)
    except regex.error as fault:
        return str(fault)
    return None


def _escapes(pattern: str) -> str | None:
    for part in PART.findall(pattern):
        for escape in ESCAPE.findall(part):
            if escape[0] in "123456789k" or (escape[0] == "0" and len(escape) > 1):
                return f"„\\{escape}“: auf einen früheren Treffer verweist der Server anders als der Browser"
            if escape.isalpha() and escape not in ESCAPES:
                return f"„\\{escape}“ meint im Browser etwas anderes als auf dem Server"
            if escape in "SB" and part.startswith("["):
                return f"„\\{escape}“ in eckigen Klammern ist nicht möglich"
    return None


def _counted_places(pattern: str) -> str | None:
    """Return what is wrong where something is repeated that takes no character, such as the beginning: a browser refuses that."""
    around: list[bool] = []  # for each open group: whether it only looks
    counted = False
    for found in PART.finditer(pattern):
        part = found[0]
        looks = part in ("^", "$", r"\b", r"\B")
        if part.startswith("("):
            around.append(part.endswith(("=", "!")))
        elif part == ")" and around:
            looks = around.pop()
        if looks and QUANTIFIER.match(pattern, found.end()):
            counted = True
    return "ein Ort (^, $, \\b oder ein Blick voraus oder zurück) lässt sich nicht wiederholen" if counted else None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the compiled pattern. Raises regex.error."""
    return regex.compile("".join(map(_translated, PART.findall(pattern))), regex.ASCII | regex.V0)


def _translated(part: str) -> str:
    """Return a part as `regex` reads it: in JavaScript \\d and \\w are ASCII, \\s is not, and $ is the very end of the text."""
    if part.startswith("["):
        return part.replace(r"\s", SPACES).replace(r"\v", r"\x0b").replace(r"\/", "/")
    if part.startswith("(?<") and part[3] not in "=!":
        return f"(?P<{part[3:]}"
    return TRANSLATED.get(part, part)


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern occurs in the text (unanchored, as in the browser); a pattern that takes too long does not."""
    try:
        return compiled(pattern).search(text, timeout=SECONDS) is not None
    except TimeoutError:
        return False
