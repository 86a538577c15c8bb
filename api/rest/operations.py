"""One declaration per route: who may call it, which parameters and which body it reads, what it answers.

The same declaration checks the request, encodes the answer and is printed by api.rest.description.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flask import Response, request

from api import app, strict_json
from api.auth import users
from api.rest import entrance, faults
from engine import errors

Kind = Literal["text", "whole", "flag", "texts", "object", "list", "any"]
READERS = tuple(role for role in users.ROLES if role != "admin")  # whoever works for the tenant; `admin` may everything
MAX_TEXT = 4000
MAX_LIST = 1000
MAX_WHOLE = 10**15
WORDS: Mapping[Kind, str] = {
    "text": "ein Text", "whole": "eine ganze Zahl", "flag": "true oder false", "texts": "eine Liste von Texten", "object": "ein Objekt",
    "list": "eine Liste", "any": "ein Wert",
}  # fmt: skip

MOST: Mapping[Kind, str] = {
    "text": f", höchstens {MAX_TEXT} Zeichen", "texts": f", höchstens {MAX_LIST}", "list": f", höchstens {MAX_LIST} Einträge",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A query parameter or a member of the body. `note` is German; null and absent are the same unless `required`."""

    kind: Kind
    note: str
    required: bool = False


Fields = dict[str, Field]
# Sent by clients, without a meaning here, whatever the value.
TOLERATED = frozenset({"deserializeValues", "deserializeValue", "variablesInResultEnabled"})
TENANT: Fields = {"tenantId": Field("text", "Kürzel des Mandanten, für den gearbeitet wird; ohne: der erste des Kontos")}


@dataclass(frozen=True, slots=True)
class Operation:
    """How a route is described and checked. roles empty: open to everybody. body None: the view reads the request itself."""

    summary: str
    roles: tuple[str, ...]
    query: Fields
    body: Fields | None
    status: int
    answer: str
    content: str


class View:
    """A declared view, as Flask calls it: the request is checked by `operation`, the answer is encoded."""

    __name__: str

    def __init__(self, operation: Operation, view: Callable[..., object]) -> None:
        functools.update_wrapper(self, view)
        self.operation = operation
        self.view = view

    def __call__(self, **arguments: Any) -> Response:
        declared = self.operation
        arguments.pop("engine", None)
        query = read_query(declared.query)
        _choose_tenant(query)
        if declared.query:
            arguments["query"] = query
        if declared.body is not None:
            arguments["body"] = read_body(declared.body)
            _choose_tenant(arguments["body"])
        if declared.roles:
            app.require(*declared.roles)
        return respond(self.view(**arguments), declared.status)


def operation(
    summary: str,
    *,
    roles: tuple[str, ...] = READERS,
    query: Fields | None = None,
    body: Fields | None = None,
    status: int = 200,
    answer: str = "",
    content: str = "application/json",
) -> Callable[[Callable[..., object]], View]:
    """Declare a view. It is called with `query` and `body` (checked values by name, absent ones None) where they are declared.

    The view returns plain data (encoded as JSON with exact numbers), None (no content) or a Response.
    """
    return functools.partial(View, Operation(summary, roles, query or {}, body, status, answer, content))


def respond(given: object, status: int = 200) -> Response:
    """Return the answer to send. `application/json` without a charset: with one, the JavaScript client reads bytes."""
    if isinstance(given, Response):
        return given
    if given is None:
        return Response(status=204)
    return Response(strict_json.dumps(given), status, content_type="application/json")


def read_json() -> object:
    """Return the JSON body of the request; None for an empty one. Raises faults.Fault (400, 415)."""
    content = request.get_data(cache=True)
    if not content.strip():
        return None
    if request.mimetype not in ("application/json", ""):
        raise faults.Fault(415, f"Erwartet wird application/json, gesendet wurde „{request.mimetype[:80]}“.")
    try:
        return strict_json.loads(content)
    except strict_json.Unreadable as unreadable:
        raise errors.InvalidInput(f"Die gesendeten Daten sind nicht lesbar: {unreadable}") from unreadable


def read_body(fields: Fields) -> dict[str, Any]:
    """Return the members of the JSON object in the body by name, absent ones as None. Raises errors.InvalidInput."""
    found = read_json()
    if found is not None and not isinstance(found, dict):
        raise errors.InvalidInput("Erwartet wird ein JSON-Objekt.")
    return checked(found or {}, fields)


def checked(given: Mapping[str, object], fields: Fields) -> dict[str, Any]:
    """Return the members of a JSON object by name, checked; null is absent.

    Raises errors.InvalidInput for what is not declared and asks something: clients send every name they know with null or false.
    """
    asked = [name for name, value in given.items() if value is not None and value is not False and value not in ([], {})]
    _refuse_unknown(asked, fields)
    return {name: _member(given.get(name), name, declared) for name, declared in fields.items()}


def read_query(fields: Fields) -> dict[str, Any]:
    """Return the query parameters by name, absent and empty ones as None. Raises errors.InvalidInput."""
    _refuse_unknown(list(request.args), fields)
    return {name: _parameter(request.args.getlist(name), name, declared) for name, declared in fields.items()}


def _refuse_unknown(names: list[str], fields: Fields) -> None:
    unknown = [name for name in names if name not in fields and name not in TOLERATED]
    if unknown:
        known = ", ".join(sorted(fields)) or "keine"
        raise errors.InvalidInput(f"„{unknown[0][:100]}“ wird hier nicht ausgewertet. Bekannte Angaben: {known}.")


def _member(value: object, name: str, declared: Field) -> object:
    if value is None:
        _may_be_absent(name, declared)
        return None
    kind = declared.kind
    fits = (
        kind == "any"
        or (kind == "text" and isinstance(value, str) and len(value) <= MAX_TEXT)
        or (kind == "whole" and isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_WHOLE)
        or (kind == "flag" and isinstance(value, bool))
        or (kind == "object" and isinstance(value, dict))
        or (kind in ("list", "texts") and isinstance(value, list) and len(value) <= MAX_LIST)
    )
    if not fits or (kind == "texts" and isinstance(value, list) and not all(isinstance(item, str) for item in value)):
        raise _wrong(name, declared)
    return value


def _parameter(given: list[str], name: str, declared: Field) -> object:
    """Return a parameter's value. A list is one text with commas, the parameter several times, or both."""
    if len(given) > 1 and declared.kind != "texts":
        raise errors.InvalidInput(f"„{name}“ ist mehrmals angegeben, erwartet wird {WORDS[declared.kind]}.")
    text = ",".join(given)
    if text == "":
        _may_be_absent(name, declared)
        return None
    if len(text) > MAX_TEXT or not strict_json.storable(text):
        raise _wrong(name, declared)
    if declared.kind == "flag":
        if text.lower() not in ("true", "false"):
            raise _wrong(name, declared)
        return text.lower() == "true"
    if declared.kind == "whole":
        if not text.lstrip("-").isascii() or not text.lstrip("-").isdecimal() or len(text) > 15:
            raise _wrong(name, declared)
        return int(text)
    return text.split(",") if declared.kind == "texts" else text


def _may_be_absent(name: str, declared: Field) -> None:
    if declared.required:
        raise errors.InvalidInput(f"„{name}“ fehlt: {declared.note}. Erwartet wird {WORDS[declared.kind]}.")


def _wrong(name: str, declared: Field) -> errors.InvalidInput:
    return errors.InvalidInput(f"„{name}“ ist nicht lesbar: Erwartet wird {WORDS[declared.kind]}{MOST.get(declared.kind, '')}.")


def _choose_tenant(given: Mapping[str, Any]) -> None:
    named = given.get("tenantIdIn") or given.get("tenantIds")
    if named is not None and len(named) > 1:
        raise errors.InvalidInput("Eine Anfrage arbeitet für einen Mandanten; bitte nur einen nennen.")
    entrance.work_for(named[0] if named else given.get("tenantId"))
