"""A file that came with a submission, before it is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Chosen:
    """A file that came with a submission. document: the value that stands for it, with its name. problem: why it cannot be kept, or empty."""

    document: Mapping[str, Any]
    problem: str = ""
