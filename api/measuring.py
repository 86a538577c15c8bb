"""`vollstreckung bench`: ratios measured in one run, against the raw PostgreSQL floor."""

from __future__ import annotations

import importlib
import sys

from api import console, model_files
from engine import errors


def bench(*, as_json: bool) -> None:
    """Run tests/bench of this checkout and print a ratio per name."""
    sys.path.insert(0, str(model_files.HOUSE))
    try:
        module = importlib.import_module("tests.bench")
    except ModuleNotFoundError as missing:
        raise errors.InvalidState("Die Messungen liegen im Quelltext (tests/bench) und fehlen in dieser Installation.") from missing
    ratios: dict[str, float] = module.run()
    if as_json:
        console.emit_json(ratios)
    else:
        for name, ratio in ratios.items():
            console.out.print(f"{name}: {ratio:.2f}", highlight=False)
