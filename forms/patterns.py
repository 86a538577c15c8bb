"""JavaScript's regular expressions as far as Python's `regex` means the same; the rest is refused when the form is deployed."""

from __future__ import annotations

import re
from functools import lru_cache

import regex

SECONDS = 0.25
MAX_PATTERN = 500
NAMED_GROUP = re.compile(r"\(\?<([A-Za-z_]\w*)>")
# A dollar sign by itself; escaped ones and those in a character class are matched longer and kept.
DOLLAR = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
# What `regex` reads and JavaScript without the u flag does not, or reads otherwise: fuzzy matching, properties, POSIX classes ...
UNKNOWN_TO_JAVASCRIPT = re.compile(
    r"\(\?(?:P|>|#|\||&|R|[0-9]|[aiLmsux-]+[:)])|\\[AZzGKhHRXpPmMNLgUu]\{?|[*+?}]\+|\[\[:|\[\^?\]|\{[^0-9}]|\(\*"
)


def problem(pattern: str) -> str | None:
    """Return why a pattern cannot be used (German), or None."""
    if len(pattern) > MAX_PATTERN:
        return f"länger als {MAX_PATTERN} Zeichen"
    if UNKNOWN_TO_JAVASCRIPT.search(pattern):
        return "im Browser nicht gültig"
    try:
        compiled(pattern)
    except regex.error as fault:
        return str(fault)
    return None


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the compiled pattern. Raises regex.error."""
    translated = NAMED_GROUP.sub(r"(?P<\1>", pattern).replace(r"\/", "/")
    # JavaScript without the u flag: \d, \w and \s are ASCII except for Unicode spaces, and $ is the very end of the text.
    translated = DOLLAR.sub(lambda found: found[0] if len(found[0]) > 1 else r"\Z", translated)
    return regex.compile(translated, regex.ASCII | regex.V0)


def matches(pattern: str, text: str) -> bool:
    """Return whether the pattern occurs in the text (unanchored, as in the browser); a pattern that takes too long does not."""
    try:
        return compiled(pattern).search(text, timeout=SECONDS) is not None
    except TimeoutError:
        return False
