"""The real form-js viewer in Chromium, on a page of its own: one load, many forms."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from api import bundles

HERE = Path(__file__).parent
ESBUILD = bundles.FRONTEND / "node_modules" / "esbuild" / "bin" / "esbuild"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the browser made of a form. errors: rule templates by `id` or `id[row][row]`. shown: keyed fields that are visible."""

    data: dict[str, Any]
    errors: dict[str, list[str]]
    shown: frozenset[str]
    leaks: tuple[str, ...]
    stale: bool
    raw: dict[str, Any]
    faults: tuple[str, ...]
    done: tuple[bool, ...]


class Viewer:
    def __init__(self, page: Page) -> None:
        self.page = page

    def fill(
        self, schema: Mapping[str, Any], data: Mapping[str, Any], actions: Sequence[Mapping[str, Any]], *, steady: bool = True
    ) -> Seen:
        """Show the form, do the actions, submit. steady: wait until no expression is computed from old values any more."""
        told = self.page.evaluate("(given) => run(given)", {"schema": schema, "data": data, "actions": actions, "steady": steady})
        return _seen(told)

    def show(self, schema: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        """Put the form on the page, to be filled with mouse and keyboard."""
        self.page.evaluate("(given) => show(given)", {"schema": schema, "data": data})

    def submitted(self) -> Seen:
        """Return what the form on the page sends."""
        return _seen(self.page.evaluate("() => submitted()"))

    def judged(self, fields: Sequence[str], rows: Sequence[Sequence[str]]) -> list[list[bool]]:
        """Return for each row of values whether the viewer finds fault with each: those of the fields of the form on the page."""
        found: list[list[bool]] = self.page.evaluate("(given) => judged(given)", {"fields": fields, "rows": rows})
        return found

    def known(self, names: Sequence[str]) -> set[str]:
        """Return which of the names the viewer's FEEL knows as functions."""
        return set(json.loads(self.page.evaluate("(names) => known(names)", list(names))))

    def feel(self, expressions: Sequence[str], context: Mapping[str, Any]) -> list[Any]:
        """Return the values of FEEL expressions (each beginning with =) as JSON."""
        found: list[Any] = json.loads(self.page.evaluate("([e, c]) => feel(e, c)", [expressions, context]), parse_float=Decimal)
        return found


def _seen(told: str) -> Seen:
    found = json.loads(told, parse_float=Decimal)
    return Seen(
        found["data"], dict(_flat(found["errors"])), frozenset(found["shown"]), tuple(found["leaks"]), found["stale"], found["raw"],
        tuple(found["faults"]), tuple(found["done"]),
    )  # fmt: skip


def _flat(errors: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield (id with its rows, messages); in dynamic lists the browser nests arrays."""

    def rows(name: str, found: Any) -> Iterator[tuple[str, list[str]]]:
        if isinstance(found, list) and all(isinstance(text, str) for text in found):
            yield name, found
        else:
            for number, inner in enumerate(found):
                if inner:
                    yield from rows(f"{name}[{number}]", inner)

    for name, found in errors.items():
        yield from rows(name, found)


def opened(browser: Browser, folder: Path, now: datetime) -> Page:
    """Return a page on which the viewer waits, in Berlin and at the given time."""
    bundles.ensure()
    target = folder / "viewer.js"
    node = Path(sys.executable).parent / "node"
    built = [str(HERE / "viewer.js"), "--bundle", "--format=iife", "--target=es2022", "--log-level=error", f"--outfile={target}"]
    subprocess.run([node, ESBUILD, *built], check=True, env={"NODE_PATH": str(bundles.FRONTEND / "node_modules")})
    page = browser.new_context(viewport={"width": 1280, "height": 900}, locale="de-DE", timezone_id="Europe/Berlin").new_page()
    page.clock.set_fixed_time(now)
    page.set_content('<!doctype html><meta charset="utf-8"><div id="form"></div>')
    page.add_script_tag(path=target)
    return page
