"""What a listing is, and its one way into SQL: declared filters and orders, bound values, a page of bounded length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, text

from engine import deployments, errors

MAX_PAGE = 1000
FilterKind = Literal["text", "texts", "whole", "flag", "uuid", "uuids", "instant", "comparisons"]


@dataclass(frozen=True, slots=True)
class Filter:
    """where: SQL with `:value`. A flag has none: its SQL holds when it is true, and false asks nothing. `note` is German.

    is_public: offered to clients under its name; otherwise for callers inside.
    """

    kind: FilterKind
    where: str
    note: str = ""
    is_public: bool = True


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition on a variable. `values`: any of them may be meant (`1` in an address is a number or a text)."""

    name: str
    operator: Literal["eq", "neq", "gt", "gteq", "lt", "lteq", "like"]
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """columns and source (`from ... where ...`) may use `:tenant` and `:world`. `tie`: the order of equals, unique.

    An order whose SQL has `:variable` is by the variable that `Order.variable` names.
    """

    columns: str
    source: str
    filters: Mapping[str, Filter]
    orders: Mapping[str, str]
    tie: str


@dataclass(frozen=True, slots=True)
class Order:
    """A name of the listing's orders; variable: of an order by a variable."""

    name: str
    descending: bool = False
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows, and in which order: by the first, where that is equal by the next."""

    first: int = 0
    limit: int = MAX_PAGE
    orders: tuple[Order, ...] = ()


FIRST_PAGE = Page()
Group = Sequence[tuple[str, object]]  # filters and their values, of which at least one must hold


def rows(
    tx: Connection, listing: Listing, tenant_id: int, given: Mapping[str, object], page: Page = FIRST_PAGE, either: Sequence[Group] = ()
) -> Sequence[Any]:
    """Return a page of rows that meet all given filters, and of each group one. Raises errors.InvalidInput for an unknown order."""
    where, parameters = _conditions(tx, listing, tenant_id, given, either)
    order = ", ".join([*(_ordered(listing, one, f"o{number}", parameters) for number, one in enumerate(page.orders)), listing.tie])
    query = f"select {listing.columns} {listing.source}{where} order by {order} offset :first_row limit :page_length"
    paging = {"first_row": max(0, page.first), "page_length": max(0, min(page.limit, MAX_PAGE))}
    return tx.execute(text(query), parameters | paging).all()


def count(tx: Connection, listing: Listing, tenant_id: int, given: Mapping[str, object], either: Sequence[Group] = ()) -> int:
    """Return how many rows meet all given filters, and of each group one."""
    where, parameters = _conditions(tx, listing, tenant_id, given, either)
    return int(tx.execute(text(f"select count(*) {listing.source}{where}"), parameters).scalar_one())


def _ordered(listing: Listing, one: Order, name: str, parameters: dict[str, object]) -> str:
    found = listing.orders.get(one.name)
    if found is None:
        raise errors.InvalidInput(f"Nach „{one.name[:60]}“ kann nicht sortiert werden. Möglich sind: {', '.join(listing.orders)}.")
    if ":variable" in found:
        if one.variable is None:
            raise errors.InvalidInput(f"Zur Sortierung „{one.name}“ gehört der Name der Variablen.")
        parameters[name] = one.variable
    return f"{found.replace(':variable', f':{name}')} {'desc' if one.descending else 'asc'} nulls last"


def by_variable(variables: str) -> str:
    """Return SQL of an order by a variable of the jsonb column: numbers among numbers, texts, dates and instants among texts."""
    found = f"({variables} -> :variable)"
    inner = f"coalesce(to_jsonb(({found} ->> '@zahl')::numeric), {found} -> '@datum', {found} -> '@zeitpunkt')"
    return f"case jsonb_typeof({found}) when 'object' then {inner} when 'null' then null else {found} end"


def _conditions(
    tx: Connection, listing: Listing, tenant_id: int, given: Mapping[str, object], either: Sequence[Group]
) -> tuple[str, dict[str, object]]:
    parameters: dict[str, object] = {"tenant": tenant_id, "world": deployments.world_of(tx, tenant_id)}
    conditions = _all(listing, list(given.items()), "f", parameters)
    for number, group in enumerate(either):
        alternatives = _all(listing, group, f"g{number}_", parameters)
        if alternatives:
            conditions.append(f"({' or '.join(alternatives)})")
    return "".join(f" and {condition}" for condition in conditions), parameters


def _all(listing: Listing, given: Group, prefix: str, parameters: dict[str, object]) -> list[str]:
    """Return the SQL of each condition, and put its values into the parameters."""
    conditions: list[str] = []
    for number, (name, value) in enumerate((name, value) for name, value in given if value is not None and value is not False):
        filter_ = listing.filters[name]
        if filter_.kind == "comparisons":
            if not isinstance(value, Sequence):
                raise TypeError("comparisons come as a sequence")
            for index, comparison in enumerate(value):
                conditions.append(_compared(filter_.where, comparison, f"{prefix}{number}_{index}", parameters))
            continue
        if "like :value" in filter_.where:
            _refuse_open_escape(value)
        conditions.append(f"({filter_.where.replace(':value', f':{prefix}{number}')})")
        if filter_.kind != "flag":
            parameters[f"{prefix}{number}"] = value
    return conditions


def _refuse_open_escape(pattern: object) -> None:
    r"""Raise errors.InvalidInput for a pattern whose last `\` escapes nothing; PostgreSQL would not read it."""
    text_ = str(pattern)
    if (len(text_) - len(text_.rstrip("\\"))) % 2:
        raise errors.InvalidInput("Ein Muster endet nicht mit „\\“. Platzhalter sind % und _; wörtlich werden sie mit „\\“ davor.")


OPERATORS = {"eq": "=", "neq": "<>", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<="}


def _compared(variables: str, comparison: Comparison, name: str, parameters: dict[str, object]) -> str:
    """Return the SQL of a condition on a variable in the jsonb column `variables`.

    A number is compared as a number, a text also with the ISO spelling of a date or instant. What is of another kind does not match.
    """
    parameters[f"{name}_name"] = comparison.name
    found = f"({variables} -> :{name}_name)"
    operator = OPERATORS.get(comparison.operator, "like")
    either: list[str] = []
    for index, value in enumerate(comparison.values):
        key = f"{name}_{index}"
        if value is None or isinstance(value, bool):
            literal = {None: "null", True: "true", False: "false"}[value]
            either.append(f"{found} {operator} '{literal}'::jsonb" if operator in ("=", "<>") else "false")
            continue
        if isinstance(value, int | Decimal):
            if operator == "like":
                continue  # a pattern is a text
            parameters[key] = Decimal(value)
            side = f"case when jsonb_typeof({found}) = 'object' then ({found} ->> '@zahl')::numeric end"
        elif isinstance(value, str):
            if operator == "like":
                _refuse_open_escape(value)
            parameters[key] = value
            side = f"case jsonb_typeof({found}) when 'string' then {found} #>> '{{}}'"
            side += f" when 'object' then coalesce({found} ->> '@datum', {found} ->> '@zeitpunkt') end"
        else:
            raise errors.InvalidInput(f"Mit einem Wert dieser Art kann „{comparison.name}“ nicht verglichen werden.")
        either.append(f"{side} {operator} :{key}")
    if operator == "<>":  # the variable is there, and none of the meanings is its value; another kind of value is another value
        return f"({found} is not null and {' and '.join(f'coalesce({one}, true)' for one in either)})"
    return f"({' or '.join(either) or 'false'})"
