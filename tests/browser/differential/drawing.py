"""How the cases of the tables are written: components whose id and key are their name, and what a person does."""

from __future__ import annotations

from typing import Any

from tests.browser.differential.compare import Case

Drawn = dict[str, Any]


def drawn(kind: str, name: str, **more: Any) -> Drawn:
    """Return a component whose id and key are its name."""
    where = "path" if kind in ("group", "dynamiclist") else "key"
    label = {"dateLabel": name, "timeLabel": name} if kind == "datetime" else {"label": name}
    return {"type": kind, "id": name, where: name, **label, **more}


def text(name: str, **more: Any) -> Drawn:
    return drawn("textfield", name, **more)


def number(name: str, **more: Any) -> Drawn:
    return drawn("number", name, **more)


def options(*values: Any) -> list[Drawn]:
    return [{"label": f"Option {number}", "value": value} for number, value in enumerate(values)]


def write(name: str, value: str, *at: int) -> Drawn:
    return {"do": "write", "id": name, "at": list(at), "value": value}


def do(what: str, name: str, value: Any = None, *at: int) -> Drawn:
    return {"do": what, "id": name, "at": list(at), "value": value}


def one(component: Drawn, *typed: Drawn, **variables: Any) -> Case:
    return Case([component], variables, typed)


def typed(component: Drawn, value: str, **variables: Any) -> Case:
    return Case([component], variables, [write(component["id"], value)])
