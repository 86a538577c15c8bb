"""Debtors: who owes, under the creditor's own number; and which debtors of several cities are the same person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from difflib import SequenceMatcher
from uuid import UUID

from sqlalchemy import Connection, RowMapping, and_, insert, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from engine import errors
from processes.casefile import tables

NATURAL_FORMS = frozenset({"nat", "ek"})
SIMILAR_NAME = 85  # percent of equal letters from which a name counts as similar
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe", "æ": "ae"})
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_STREET = re.compile(r"str(?:asse)?$|str\b")


@dataclass(frozen=True, slots=True)
class Person:
    """Name and address of a debtor; a natural person has a last name, a company its firm."""

    last_name: str | None
    first_name: str | None
    company: str | None
    born_on: date | None
    representative: str | None
    street: str
    house_number: str | None
    postcode: str
    town: str
    country: str
    email: str | None

    def updated(self, newer: Person) -> Person:
        """Return `newer`, keeping birth date, representative and e-mail where it does not know them."""
        return replace(
            newer,
            born_on=newer.born_on or self.born_on,
            representative=newer.representative or self.representative,
            email=newer.email or self.email,
        )

    @property
    def display_name(self) -> str:
        name = " ".join(part for part in (self.first_name, self.last_name) if part)
        return self.company or name

    @property
    def address_line(self) -> str:
        return " ".join(part for part in (self.street, self.house_number) if part)


@dataclass(frozen=True, slots=True)
class Debtor:
    """A debtor of the creditor `tenant_id`; `number` is unique only there."""

    tenant_id: int
    id: int
    uuid: UUID
    enforcing_tenant_id: int
    number: str
    legal_form: str
    person: Person

    @property
    def key(self) -> tuple[int, int]:
        return self.tenant_id, self.id

    @property
    def is_natural(self) -> bool:
        return self.legal_form in NATURAL_FORMS


@dataclass(frozen=True, slots=True)
class Match:
    """A debtor that may be the same person, with the reasons in German; `points` only order the proposals."""

    debtor: Debtor
    points: int
    reasons: tuple[str, ...]


_DEBTOR = [tables.debtor.c[name] for name in Debtor.__dataclass_fields__ if name != "person"]
_PERSON = [tables.debtor_person.c[name] for name in Person.__dataclass_fields__]
_BOTH = (
    select(*_DEBTOR, *_PERSON)
    .select_from(tables.debtor)
    .join(
        tables.debtor_person,
        and_(tables.debtor_person.c.tenant_id == tables.debtor.c.tenant_id, tables.debtor_person.c.debtor_id == tables.debtor.c.id),
    )
)


def take_over(tx: Connection, tenant_id: int, wanted: Mapping[str, tuple[str, Person, int]], *, now: datetime) -> dict[str, Debtor]:
    """Find or create debtors by number -> (legal form, person, enforcing tenant); a newer address replaces the older one.

    A debtor that another authority enforces against becomes visible to it. Return them by number.
    """
    known = by_numbers(tx, tenant_id, list(wanted))
    new = [number for number in sorted(wanted) if number not in known]
    if new:
        rows = [
            {"tenant_id": tenant_id, "enforcing_tenant_id": wanted[n][2], "number": n, "legal_form": wanted[n][0], "created_at": now}
            for n in new
        ]
        tx.execute(insert(tables.debtor), rows)
    c = tables.debtor.c
    named = tx.execute(select(c.number, c.id).where(c.tenant_id == tenant_id, c.number.in_(list(wanted))))
    ids = {row.number: row.id for row in named}
    for number, (_, given, enforcing) in wanted.items():
        old = known.get(number)
        person = old.person.updated(given) if old else given
        if old is None or old.person != person or (enforcing != tenant_id and old.enforcing_tenant_id == tenant_id):
            keep = old.enforcing_tenant_id if old and enforcing == tenant_id else enforcing
            _write_person(tx, tenant_id, ids[number], person, keep, now=now)
            if old and keep != old.enforcing_tenant_id:
                tx.execute(update(tables.debtor).where(c.tenant_id == tenant_id, c.id == ids[number]).values(enforcing_tenant_id=keep))
    return by_numbers(tx, tenant_id, list(wanted))


def find(tx: Connection, debtor_uuid: UUID) -> Debtor:
    """Return the debtor. Raises errors.NotFound, also where the tenant may not see it."""
    row = tx.execute(_BOTH.where(tables.debtor.c.uuid == debtor_uuid)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound(f"Den Schuldner {debtor_uuid} gibt es nicht oder er gehört einem anderen Mandanten.")
    return _debtor(row)


def by_id(tx: Connection, tenant_id: int, debtor_id: int) -> Debtor:
    """Return the debtor by its number inside. Raises errors.NotFound."""
    row = tx.execute(_BOTH.where(tables.debtor.c.tenant_id == tenant_id, tables.debtor.c.id == debtor_id)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound("Den Schuldner gibt es nicht oder er gehört einem anderen Mandanten.")
    return _debtor(row)


def by_numbers(tx: Connection, tenant_id: int, numbers: Sequence[str]) -> dict[str, Debtor]:
    """Return the tenant's debtors with these numbers."""
    c = tables.debtor.c
    statement = _BOTH.where(c.tenant_id == tenant_id, c.number.in_(numbers))
    return {row["number"]: _debtor(row) for row in tx.execute(statement).mappings()}


def search(tx: Connection, text: str, *, limit: int = 50) -> list[Debtor]:
    """Return debtors that the tenant may see whose name, firm or number contains `text`."""
    pattern = f"%{folded(text)}%"
    statement = _BOTH.where(or_(tables.debtor_person.c.match_key.like(pattern), tables.debtor.c.number == text.strip()))
    return [_debtor(row) for row in tx.execute(statement.order_by(tables.debtor_person.c.match_key).limit(limit)).mappings()]


def update_address(tx: Connection, debtor: Debtor, person: Person, *, now: datetime) -> None:
    """Store a new name or address of a debtor."""
    _write_person(tx, debtor.tenant_id, debtor.id, person, debtor.enforcing_tenant_id, now=now)


def show_to(tx: Connection, debtor: Debtor, enforcing_tenant_id: int) -> None:
    """Let the authority that enforces against the debtor see it."""
    for table, key in ((tables.debtor, tables.debtor.c.id), (tables.debtor_person, tables.debtor_person.c.debtor_id)):
        statement = update(table).where(table.c.tenant_id == debtor.tenant_id, key == debtor.id)
        tx.execute(statement.values(enforcing_tenant_id=enforcing_tenant_id))


def propose_matches(tx: Connection, debtor: Debtor, *, limit: int = 10) -> list[Match]:
    """Return debtors of other cities that may be the same person, most likely first. Never decides: a person confirms (`link`).

    Compared are name, birth date and address; one agreement alone is no proposal. What the tenant may not see is not proposed.
    """
    person = tables.debtor_person.c
    near = [person.match_key == folded(debtor.person.display_name), person.postcode == debtor.person.postcode]
    if debtor.person.born_on is not None:
        near.append(person.born_on == debtor.person.born_on)
    candidates = [_debtor(row) for row in tx.execute(_BOTH.where(tables.debtor.c.tenant_id != debtor.tenant_id, or_(*near))).mappings()]
    linked = set(linked_keys(tx, debtor.key))
    matches = [match for other in candidates if other.key not in linked and (match := _compare(debtor, other)) is not None]
    return sorted(matches, key=lambda match: (-match.points, match.debtor.key))[:limit]


def link(
    tx: Connection, *, authority_tenant_id: int, first: Debtor, second: Debtor, reasons: Sequence[str], by: str, now: datetime
) -> UUID:
    """Record that a person confirmed two debtors to be the same; return the id of the link. Raises errors.Conflict if it exists."""
    if first.key == second.key:
        raise errors.InvalidInput("Ein Schuldner lässt sich nicht mit sich selbst verbinden.")
    if second.key in linked_keys(tx, first.key):
        raise errors.Conflict("Diese Schuldner sind schon verbunden.")
    one, other = sorted([first.key, second.key])
    values = {
        "tenant_id": authority_tenant_id, "first_tenant_id": one[0], "first_debtor_id": one[1], "second_tenant_id": other[0],
        "second_debtor_id": other[1], "reasons": list(reasons), "confirmed_by": by, "confirmed_at": now,
    }  # fmt: skip
    link_id: UUID = tx.execute(insert(tables.debtor_link).values(**values).returning(tables.debtor_link.c.uuid)).scalar_one()
    return link_id


def unlink(tx: Connection, *, authority_tenant_id: int, link_id: UUID, because: str, by: str, now: datetime) -> None:
    """Take a link back, with the reason; the row stays. Raises errors.NotFound."""
    c = tables.debtor_link.c
    statement = (
        update(tables.debtor_link)
        .where(c.tenant_id == authority_tenant_id, c.uuid == link_id, c.revoked_at.is_(None))
        .values(revoked_by=by, revoked_at=now, revoked_because=because)
    )
    if tx.execute(statement).rowcount == 0:
        raise errors.NotFound("Diese Verbindung gibt es nicht (mehr).")


def linked_keys(tx: Connection, key: tuple[int, int]) -> list[tuple[int, int]]:
    """Return (tenant, debtor) of everyone confirmed to be the same person, itself included, sorted; the first is the main one."""
    c = tables.debtor_link.c
    first, second = tuple_(c.first_tenant_id, c.first_debtor_id), tuple_(c.second_tenant_id, c.second_debtor_id)
    seen, fresh = {key}, [key]
    while fresh:
        statement = select(c.first_tenant_id, c.first_debtor_id, c.second_tenant_id, c.second_debtor_id).where(
            c.revoked_at.is_(None), or_(first.in_(fresh), second.in_(fresh))
        )
        ends = {end for row in tx.execute(statement) for end in ((row[0], row[1]), (row[2], row[3]))}
        fresh = sorted(ends - seen)
        seen |= ends
    return sorted(seen)


def folded(name: str) -> str:
    """Return a name for comparing: lower case, umlauts written out, no accents, only letters and digits, single spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_UMLAUTS))
    return _NOT_LETTERS.sub(" ", "".join(sign for sign in plain if not unicodedata.combining(sign))).strip()


def folded_street(street: str, house_number: str | None) -> str:
    """Return a street for comparing: `Hauptstr.` and `Hauptstraße` alike."""
    return " ".join(part for part in (_STREET.sub("strasse", folded(street)), folded(house_number or "")) if part)


def _compare(one: Debtor, other: Debtor) -> Match | None:
    points, reasons = 0, []
    first, second = folded(one.person.display_name), folded(other.person.display_name)
    if first == second:
        points, reasons = 3, ["Name stimmt überein"]
    elif SequenceMatcher(None, first, second).ratio() * 100 >= SIMILAR_NAME:
        points, reasons = 2, ["Name ist ähnlich"]
    if one.person.born_on is not None and one.person.born_on == other.person.born_on:
        points, reasons = points + 3, [*reasons, "Geburtsdatum stimmt überein"]
    elif one.person.born_on and other.person.born_on:
        points, reasons = points - 3, [*reasons, "Geburtsdatum weicht ab"]
    here = folded_street(one.person.street, one.person.house_number)
    if one.person.postcode == other.person.postcode and here == folded_street(other.person.street, other.person.house_number):
        points, reasons = points + 2, [*reasons, "Anschrift stimmt überein"]
    elif first == second or one.person.born_on == other.person.born_on:
        reasons.append("Anschrift weicht ab")
    return Match(other, points, tuple(reasons)) if points >= 4 and one.is_natural == other.is_natural else None


def _write_person(tx: Connection, tenant_id: int, debtor_id: int, person: Person, enforcing: int, *, now: datetime) -> None:
    values = {name: getattr(person, name) for name in Person.__dataclass_fields__}
    values |= {"enforcing_tenant_id": enforcing, "match_key": folded(person.display_name), "updated_at": now}
    statement = upsert(tables.debtor_person).values(tenant_id=tenant_id, debtor_id=debtor_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id", "debtor_id"], set_=values))


def _debtor(row: RowMapping) -> Debtor:
    person = Person(**{name: row[name] for name in Person.__dataclass_fields__})
    return Debtor(**{name: row[name] for name in Debtor.__dataclass_fields__ if name != "person"}, person=person)
