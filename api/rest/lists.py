"""Lists in Camunda's shape over the engine's listings: filters in the address or in the body, order, pages, counts.

A filter that is null asks nothing (clients send every name). One that is not known here is refused: ignoring it would answer too much.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from flask import Blueprint

from api import app, strict_json
from api.rest import variables
from api.rest.operations import Field, Fields, Kind, checked, operation
from engine import errors
from engine.listings import listing as listings
from engine.listings.listing import Comparison, Listing, Order, Page

OPERATORS = ("eq", "neq", "gt", "gteq", "lt", "lteq", "like")
MAX_COMPARISONS = 20
MAX_ORDERS = 10
MAX_GROUPS = 20
PAGING: Fields = {
    "firstResult": Field("whole", "die erste Zeile, von 0 an"),
    "maxResults": Field("whole", f"höchstens so viele Zeilen; ohne Angabe und höchstens {listings.MAX_PAGE}"),
}
SORTING: Fields = {"sortBy": Field("text", "wonach sortiert wird"), "sortOrder": Field("text", "asc oder desc")}
TENANTS: Fields = {
    "tenantIdIn": Field("texts", "Kürzel eines Mandanten, für den gearbeitet wird; ohne: der erste des Kontos"),
    "withoutTenantId": Field("flag", "alles hier gehört einem Mandanten: mit true ist die Liste leer"),
}
GROUPS = Field("list", "[{Filter}, …]: von jedem Objekt muss mindestens ein Filter zutreffen")
SORTED = Field("list", "[{sortBy, sortOrder, parameters}]: nach dem ersten, bei Gleichheit nach dem nächsten; parameters: {variable}")
SHAPES: Mapping[str, tuple[Kind, Kind]] = {  # kind of a filter -> kind in an address, in a body
    "text": ("text", "text"), "texts": ("texts", "texts"), "whole": ("whole", "whole"), "flag": ("flag", "flag"), "uuid": ("text", "text"),
    "uuids": ("texts", "texts"), "instant": ("text", "text"), "comparisons": ("text", "list"),
}  # fmt: skip


def add(
    bp: Blueprint,
    path: str,
    what: str,
    listing: Listing,
    show: Callable[[Any], object],
    *,
    accept: Accept = lambda given: given,
    more: Fields | None = None,
    posts: bool = True,
    answer: str = "",
) -> None:
    """Add GET and (`posts`) POST of a list and of its count. `accept` may translate given filters of the names in `more` into the listing's."""
    name = path.strip("/").replace("/", "_").replace("-", "_")
    in_address, in_body = filters(listing) | (more or {}), filters(listing, body=True) | (more or {})
    asked_in_body = in_body | TENANTS | {"orQueries": GROUPS, "sorting": SORTED}

    def asked(given: dict[str, Any]) -> Asked:
        either = groups(given.get("orQueries"), listing, in_body, accept)
        return read(listing, accept(given)), either

    def answered(given: dict[str, Any], page: Page) -> object:
        where, either = asked(given)
        return [] if given.get("withoutTenantId") else page_of(listing, where, page, show, either)

    def counted(given: dict[str, Any]) -> object:
        where, either = asked(given)
        if given.get("withoutTenantId"):
            return {"count": 0}
        with app.database().begin(app.session().tenant_id) as tx:
            return {"count": listings.count(tx, listing, app.session().tenant_id, where, either)}

    @operation(f"{what}: Liste", query=in_address | PAGING | SORTING | TENANTS, answer=answer)
    def get_list(query: dict[str, Any]) -> object:
        return answered(query, page(query))

    @operation(f"{what}: Liste, Filter im Inhalt", query=PAGING | SORTING, body=asked_in_body, answer=answer)
    def post_list(query: dict[str, Any], body: dict[str, Any]) -> object:
        return answered(body, page(query, body["sorting"]))

    @operation(f"{what}: Anzahl", query=in_address | TENANTS, answer="{count}")
    def get_count(query: dict[str, Any]) -> object:
        return counted(query)

    @operation(f"{what}: Anzahl, Filter im Inhalt", body=asked_in_body, answer="{count}")
    def post_count(body: dict[str, Any]) -> object:
        return counted(body)

    bp.add_url_rule(path, f"list_{name}", get_list, methods=["GET"])
    bp.add_url_rule(f"{path}/count", f"count_{name}", get_count, methods=["GET"])
    if posts:
        bp.add_url_rule(path, f"query_{name}", post_list, methods=["POST"])
        bp.add_url_rule(f"{path}/count", f"query_count_{name}", post_count, methods=["POST"])


Asked = tuple[dict[str, object], list[listings.Group]]
Accept = Callable[[dict[str, Any]], dict[str, Any]]


def groups(given: list[object] | None, listing: Listing, fields: Fields, accept: Accept) -> list[listings.Group]:
    """Return what `orQueries` asks: of each object at least one filter must hold. Raises errors.InvalidInput."""
    found: list[listings.Group] = []
    for one in given or ():
        if not isinstance(one, Mapping):
            raise errors.InvalidInput("„orQueries“ ist eine Liste von Objekten mit Filtern.")
        found.append(list(read(listing, accept(checked(one, fields))).items()))
    if len(found) > MAX_GROUPS:
        raise errors.InvalidInput(f"„orQueries“: höchstens {MAX_GROUPS} Objekte.")
    return found


def query_of(given: Mapping[str, object], listing: Listing) -> Asked:
    """Return what a query inside a body asks, as a list's body would. Raises errors.InvalidInput for what is not known."""
    fields = filters(listing, body=True)
    body = checked(given, fields | {"orQueries": GROUPS})
    return read(listing, body), groups(body["orQueries"], listing, fields, lambda one: one)


def page_of(
    listing: Listing, given: Mapping[str, object], page: Page, show: Callable[[Any], object], either: Sequence[listings.Group] = ()
) -> list[object]:
    """Return the shown rows of a page for the tenant of the request."""
    with app.database().begin(app.session().tenant_id) as tx:
        return [show(row) for row in listings.rows(tx, listing, app.session().tenant_id, given, page, either)]


def cut(
    found: list[dict[str, Any]], query: Mapping[str, Any], orders: Mapping[str, Callable[[dict[str, Any]], Any]]
) -> list[dict[str, Any]]:  # fmt: skip
    """Return the wanted page of what was read as a whole, in the wanted order; what has no value for an order comes last."""
    wanted = page(query)
    for order in reversed(wanted.orders):
        name = camel(order.name)
        if name not in orders:
            raise errors.InvalidInput(f"Nach „{name[:60]}“ kann nicht sortiert werden. Möglich sind: {', '.join(orders)}.")
        valued = [one for one in found if orders[name](one) is not None]
        others = [one for one in found if orders[name](one) is None]
        found = sorted(valued, key=orders[name], reverse=order.descending) + others
    return found[wanted.first :][: wanted.limit]


def one_of(listing: Listing, given: Mapping[str, object], show: Callable[[Any], object], missing: errors.NotFound) -> object:
    """Return the one shown row that a filter names for the tenant of the request. Raises `missing` where there is none."""
    found = page_of(listing, given, listings.FIRST_PAGE, show)
    if not found:
        raise missing
    return found[0]


def filters(listing: Listing, *, body: bool = False) -> dict[str, Field]:
    """Return a listing's filters as fields, under Camunda's names."""
    return {camel(name): Field(SHAPES[one.kind][body], one.note) for name, one in listing.filters.items() if one.is_public}


def camel(name: str) -> str:
    """Return `process_definition_id` as `processDefinitionId`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def page(given: Mapping[str, Any], sorting: list[object] | None = None) -> Page:
    """Return which rows are wanted, in the order that the body names (`sorting`), else that of the address."""
    limit = given.get("maxResults")
    orders = [_order({name: given.get(name) for name in SORTING})] if given.get("sortBy") or given.get("sortOrder") else []
    if sorting:
        orders = [_order(one) for one in sorting[: MAX_ORDERS + 1]]
        if len(orders) > MAX_ORDERS:
            raise errors.InvalidInput(f"„sorting“: höchstens {MAX_ORDERS} Angaben.")
    return Page(
        first=given.get("firstResult") or 0,
        limit=listings.MAX_PAGE if limit is None else limit,
        orders=tuple(order for order in orders if order is not None),
    )


def _order(given: object) -> Order | None:
    """Return one order; None where it names none, as clients send it."""
    if not isinstance(given, Mapping):
        raise errors.InvalidInput("„sorting“ ist eine Liste von Objekten {sortBy, sortOrder}.")
    asked = checked(given, SORTING | {"parameters": Field("object", "{variable, type}")})
    if asked["sortOrder"] not in (None, "asc", "desc"):
        raise errors.InvalidInput("„sortOrder“ ist „asc“ oder „desc“.")
    if asked["sortBy"] is None:
        return None
    named = checked(asked["parameters"] or {}, {"variable": Field("text", "Name der Variablen"), "type": Field("text", "ohne Wirkung")})
    return Order(_snake(asked["sortBy"]), asked["sortOrder"] == "desc", named["variable"])


def read(listing: Listing, given: Mapping[str, Any]) -> dict[str, object]:
    """Return the values of a listing's filters as the engine compares them."""
    return {
        name: _value(camel(name), one.kind, given[camel(name)])
        for name, one in listing.filters.items()
        if given.get(camel(name)) is not None
    }


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isascii() and letter.isupper() else letter for letter in name)


def _value(name: str, kind: str, given: object) -> object:
    if kind == "uuid":
        return id_of(name, given)
    if kind == "uuids":
        return [id_of(name, one) for one in cast(list[object], given)]
    if kind == "instant":
        return moment(name, given)
    if kind == "comparisons":
        return _comparisons(name, given)
    return given


def id_of(name: str, given: object) -> UUID:
    """Return the uuid of an id; that of a definition stands behind key and version. Raises errors.InvalidInput."""
    try:
        return UUID(str(given).rpartition(":")[2])
    except ValueError:
        raise errors.InvalidInput(f"„{name}“: „{str(given)[:80]}“ ist keine Kennung.") from None


def path_id(what: str, given: str) -> UUID:
    """Return the uuid in an address. Raises errors.NotFound: what has no such id cannot exist. `what` is in the accusative."""
    try:
        return UUID(given)
    except ValueError:
        raise errors.NotFound(f"{what} „{given[:80]}“ gibt es nicht.") from None


def moment(name: str, given: object) -> datetime:
    """Return an instant in Camunda's spelling. Raises errors.InvalidInput."""
    found = variables.untyped(name, {"value": given, "type": "Date"})
    if not isinstance(found, datetime):
        raise errors.InvalidInput(f"„{name}“: Erwartet wird ein Zeitpunkt wie 2013-01-23T14:42:45.000+0200.")
    return found if found.tzinfo else found.replace(tzinfo=variables.BERLIN)


def _comparisons(name: str, given: object) -> list[Comparison]:
    found = _spelled(name, given) if isinstance(given, str) else _listed(name, cast(list[object], given))
    if len(found) > MAX_COMPARISONS:
        raise errors.InvalidInput(f"„{name}“: Höchstens {MAX_COMPARISONS} Bedingungen.")
    return found


def _spelled(name: str, given: str) -> list[Comparison]:
    """Return the conditions of `x_eq_1,y_like_a%`; a value may be meant as number, truth or text."""
    found = []
    for part in given.split(","):
        place = max((part.find(f"_{operator}_"), -len(operator), operator) for operator in OPERATORS)
        if place[0] < 1:
            raise errors.InvalidInput(
                f"„{name}“: „{part[:80]}“ hat nicht die Form name_operator_wert (Operatoren: {', '.join(OPERATORS)})."
            )
        operator = place[2]
        variable, value = part[: place[0]], part[place[0] + len(operator) + 2 :]
        found.append(Comparison(variable, cast(Any, operator), _meanings(value)))
    return found


def _meanings(text: str) -> tuple[object, ...]:
    try:
        found = strict_json.loads(text)
    except strict_json.Unreadable:
        return (text,)
    return (found, text) if found is None or isinstance(found, bool | int | Decimal) else (text,)


def _listed(name: str, given: list[object]) -> list[Comparison]:
    found = []
    for one in given:
        if not isinstance(one, Mapping) or not isinstance(one.get("name"), str) or one.get("operator") not in OPERATORS:
            raise errors.InvalidInput(f"„{name}“: Erwartet werden Objekte {{name, operator, value}} (Operatoren: {', '.join(OPERATORS)}).")
        found.append(Comparison(one["name"], one["operator"], (one.get("value"),)))
    return found
