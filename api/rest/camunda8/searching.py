"""Searches in Camunda 8's shape over the engine's listings: filter, sort and page in the body; the answer counts all that match."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from api import app
from api.rest.operations import Field, Fields, checked
from engine import errors, keys
from engine.listings import listing
from engine.listings.listing import Group, Listing, Order, Page

SEARCH: Fields = {
    "filter": Field("object", "was gesucht wird: ein Wert, {$eq: Wert} oder {$in: [Werte]} je Angabe"),
    "sort": Field("list", "[{field, order: ASC oder DESC}]; ohne Angabe in der Reihenfolge der Entstehung"),
    "page": Field("object", "{from, limit} oder {after, limit}"),
}
FOUND = "{items, page: {totalItems, startCursor, endCursor, hasMoreTotalItems}}"
PAGE: Fields = {
    "from": Field("whole", "die erste Zeile, von 0 an"),
    "limit": Field("whole", "höchstens so viele"),
    "after": Field("text", "endCursor der Seite davor"),
}
SORT: Fields = {"field": Field("text", "wonach sortiert wird", required=True), "order": Field("text", "ASC oder DESC")}
USUAL = 100
MAX_ALTERNATIVES = 100
MAX_ORDERS = 10
Names = Mapping[str, str]  # Camunda's name of a filter or order -> the listing's
Words = Mapping[str, Mapping[str, object]]  # name of a filter -> Camunda's word -> what the listing compares


def found(
    body: Mapping[str, Any], wanted: Listing, filters: Names, orders: Names, show: Callable[[Any], object], *, words: Words | None = None,
    **fixed: object,
) -> object:  # fmt: skip
    """Return the answer of a search; fixed: further filters of the listing."""
    session, either, page = app.session(), _groups(body, wanted, filters, words or {}), page_of(body, orders)
    if not all(either):
        return answer([], page.first, 0)  # `$in` of nothing
    with app.database().begin(session.tenant_id) as tx:
        items = [show(row) for row in listing.rows(tx, wanted, session.tenant_id, fixed, page, either)]
        return answer(items, page.first, listing.count(tx, wanted, session.tenant_id, fixed, either))


def answer(items: Sequence[object], first: int, total: int) -> dict[str, object]:
    """Return a page of a search."""
    cursors = [base64.urlsafe_b64encode(str(place).encode()).decode() for place in (first, first + len(items))] if items else [None, None]
    return {
        "items": list(items),
        "page": {
            "totalItems": total, "hasMoreTotalItems": False, "startCursor": cursors[0], "endCursor": cursors[1],
        },
    }  # fmt: skip


def page_of(body: Mapping[str, Any], orders: Names) -> Page:
    """Return which rows a search wants. Raises errors.InvalidInput."""
    given = checked(body["page"] or {}, PAGE)
    first, limit = given["from"] or 0, USUAL if given["limit"] is None else given["limit"]
    if given["after"] is not None:
        first = _place(given["after"])
    if not 0 <= first < 2**31 or not 0 <= limit < 2**31:
        raise errors.InvalidInput("„page“ ist {from, limit} mit ganzen Zahlen ab 0.")
    asked = body["sort"] or []
    if len(asked) > MAX_ORDERS:
        raise errors.InvalidInput(f"„sort“: höchstens {MAX_ORDERS} Angaben.")
    return Page(first=first, limit=limit, orders=tuple(_order(one, orders) for one in asked))


def _place(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor.encode()))
    except ValueError:
        raise errors.InvalidInput("„after“ ist kein „endCursor“ einer Seite.") from None


def _order(given: object, orders: Names) -> Order:
    if not isinstance(given, Mapping):
        raise errors.InvalidInput("„sort“ ist eine Liste von Objekten {field, order}.")
    asked = checked(given, SORT)
    if asked["order"] not in (None, "ASC", "DESC", "asc", "desc"):
        raise errors.InvalidInput("„order“ ist „ASC“ oder „DESC“.")
    if asked["field"] not in orders:
        raise errors.InvalidInput(
            f"Nach „{asked['field'][:60]}“ kann nicht sortiert werden. Möglich sind: {', '.join(orders) or 'nichts'}."
        )
    return Order(orders[asked["field"]], (asked["order"] or "ASC").upper() == "DESC")


def _groups(body: Mapping[str, Any], wanted: Listing, filters: Names, words: Words) -> list[Group]:
    """Return per condition of the filter its alternatives, of which one must hold. What is not known is refused."""
    groups: list[Group] = []
    for name, values in conditions(body, filters).items():
        kind, known = wanted.filters[filters[name]].kind, words.get(name)
        groups.append([(filters[name], _value(name, kind, value) if known is None else _meant(name, known, value)) for value in values])
    return groups


def conditions(body: Mapping[str, Any], known: Names) -> dict[str, list[object]]:
    """Return name -> the values of which one is meant. Raises errors.InvalidInput for what is not known here."""
    found: dict[str, list[object]] = {}
    for name, condition in (body["filter"] or {}).items():
        values = condition
        if isinstance(condition, dict):
            if len(condition) != 1 or not set(condition) <= {"$eq", "$in"}:
                raise errors.InvalidInput(f"Der Filter „{name[:60]}“ wird so nicht ausgewertet: Möglich sind ein Wert, $eq und $in.")
            (values,) = condition.values()
        if values is None:
            continue
        if not isinstance(values, list):
            values = [values]
        if name == "tenantId" and all(value in (app.session().tenant_slug, "<default>") for value in values):
            continue
        if name not in known or len(values) > MAX_ALTERNATIVES or not all(isinstance(value, str | int) for value in values):
            raise errors.InvalidInput(f"Der Filter „{name[:60]}“ wird so nicht ausgewertet. Bekannt sind: {', '.join(known)}.")
        found[name] = values
    return found


def _value(name: str, kind: str, given: object) -> object:
    """Return a value as the listing compares it."""
    if name.endswith("Key") and kind == "whole":  # a correlation key is a text
        return key_of(name, given)
    fits = {"flag": isinstance(given, bool), "whole": isinstance(given, int) and not isinstance(given, bool)}.get(
        kind, isinstance(given, str)
    )
    if not fits or (isinstance(given, str) and (len(given) > 4000 or "\0" in given)) or (isinstance(given, int) and abs(given) > 2**62):
        raise errors.InvalidInput(f"Der Filter „{name[:60]}“ ist nicht lesbar.")
    return given


def _meant(name: str, known: Mapping[str, object], given: object) -> object:
    word = str(given).lower() if isinstance(given, bool) else str(given)
    if word not in known:
        raise errors.InvalidInput(f"Der Filter „{name}“ ist nicht lesbar. Möglich sind: {', '.join(known)}.")
    return known[word]


def instant(moment: datetime | None) -> str | None:
    """Return an instant as Camunda 8 writes it: `2026-08-17T08:00:00.000Z`."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def key_of(name: str, given: object) -> int:
    """Return the number of a key. Raises errors.InvalidInput."""
    text = str(given)
    if isinstance(given, bool) or not is_key(text):
        raise errors.InvalidInput(f"„{name}“ ist kein Schlüssel: Erwartet wird eine Zahl als Text.")
    return int(text)


def is_key(text: str) -> bool:
    """Return whether a text may be a key."""
    return text.isascii() and text.isdecimal() and len(text) <= 19 and int(text) <= keys.MAX
