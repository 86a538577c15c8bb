"""Tenants: the municipalities of a world, and what letters and deadlines need to know of each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import schwifty
from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine import errors
from engine import tables as engine_tables
from processes.casefile import claims, tables
from processes.law import deadlines

MAX_TOLD = 20
_SLUG = re.compile(r"[a-z][a-z0-9_-]{1,39}")


@dataclass(frozen=True, slots=True)
class Tenant:
    """A municipality; `slug` is its name outside (`detmold`)."""

    id: int
    world_id: int
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Profile:
    """Letterhead, account and law of a tenant; `holiday_calendar` is that of the place of its Kasse."""

    official_name: str
    office: str
    street: str
    postcode: str
    town: str
    phone: str
    email: str
    website: str
    account_holder: str
    iban: str
    bic: str
    bank: str
    land: str
    holiday_calendar: str
    creditor_id: str


# Two cities to try the program with. The account numbers are published examples, not theirs.
SAMPLES: Mapping[str, tuple[str, Profile]] = {
    "detmold": (
        "Stadt Detmold",
        Profile(
            official_name="Stadt Detmold", office="Stadtkasse – Vollstreckung", street="Marktplatz 5", postcode="32756", town="Detmold",
            phone="05231 977-0", email="vollstreckung@detmold.example", website="www.detmold.example", account_holder="Stadt Detmold",
            iban="DE89370400440532013000", bic="COBADEFFXXX", bank="Beispielbank Köln", land="NW", holiday_calendar="NW",
            creditor_id="DE98ZZZ09999999999",
        ),
    ),
    "oerlinghausen": (
        "Stadt Oerlinghausen",
        Profile(
            official_name="Stadt Oerlinghausen", office="Stadtkasse", street="Rathausplatz 1", postcode="33813", town="Oerlinghausen",
            phone="05202 493-0", email="stadtkasse@oerlinghausen.example", website="www.oerlinghausen.example",
            account_holder="Stadt Oerlinghausen", iban="DE02120300000000202051", bic="BYLADEM1001", bank="Beispielbank Berlin",
            land="NW", holiday_calendar="NW", creditor_id="DE98ZZZ09999999999",
        ),
    ),
}  # fmt: skip

_COLUMNS = [engine_tables.tenant.c[name] for name in Tenant.__dataclass_fields__]
_PROFILE_COLUMNS = [tables.tenant_profile.c[name] for name in Profile.__dataclass_fields__]


def create(tx: Connection, world_id: int, slug: str, name: str) -> Tenant:
    """Insert a tenant; its profile follows with `set_profile` under its own tenant.

    Raises errors.InvalidInput for a bad slug, errors.Conflict for a taken one.
    """
    if not _SLUG.fullmatch(slug):
        raise errors.InvalidInput(f"„{slug}“ ist kein Kürzel: Kleinbuchstaben, Ziffern, - und _, mit einem Buchstaben beginnend.")
    taken = select(engine_tables.tenant.c.id).where(engine_tables.tenant.c.world_id == world_id, engine_tables.tenant.c.slug == slug)
    if tx.execute(taken).first():
        raise errors.Conflict(f"Den Mandanten „{slug}“ gibt es in dieser Welt schon.")
    statement = insert(engine_tables.tenant).values(world_id=world_id, slug=slug, name=name).returning(*_COLUMNS)
    return Tenant(**tx.execute(statement).mappings().one())


def by_slug(tx: Connection, slug: str, *, world_id: int | None = None, outside: Sequence[int] = ()) -> Tenant:
    """Return the tenant with this slug, of a world or of any but those `outside`.

    Raises errors.NotFound with the slugs that exist, errors.Conflict if several worlds have it.
    """
    column = engine_tables.tenant.c
    where = column.world_id.not_in(outside) if world_id is None else column.world_id == world_id
    rows = tx.execute(select(*_COLUMNS).where(column.slug == slug, where)).mappings().all()
    if not rows:
        known = tx.execute(select(column.slug).where(where).distinct().order_by(column.slug).limit(MAX_TOLD)).scalars().all()
        told = f"Vorhanden: {', '.join(known)}." if known else "Es ist noch keiner eingerichtet (vollstreckung admin)."
        raise errors.NotFound(f"Den Mandanten „{slug}“ gibt es nicht. {told}")
    if len(rows) > 1:
        raise errors.Conflict(
            f"Den Mandanten „{slug}“ gibt es in mehreren Welten. Bitte für jede eine eigene Datenbank verwenden "
            "(DATABASE_URL oder VOLLSTRECKUNG_DATA_DIR)."
        )
    return Tenant(**rows[0])


def find(tx: Connection, tenant_id: int) -> Tenant:
    """Return the tenant. Raises errors.NotFound."""
    row = tx.execute(select(*_COLUMNS).where(engine_tables.tenant.c.id == tenant_id)).mappings().one_or_none()
    if row is None:
        raise errors.NotFound("Diesen Mandanten gibt es nicht.")
    return Tenant(**row)


def set_profile(tx: Connection, tenant_id: int, profile: Profile) -> None:
    """Store the profile, replacing an earlier one. Raises errors.InvalidInput for a wrong IBAN, Land or holiday calendar."""
    if not schwifty.IBAN(profile.iban, allow_invalid=True).is_valid:
        raise errors.InvalidInput("Die IBAN ist ungültig.", {"iban": "Bitte die IBAN prüfen."})
    if profile.land not in deadlines.LAENDER or not profile.holiday_calendar.startswith(profile.land):
        raise errors.InvalidInput("Land und Feiertagskalender passen nicht zusammen.", {"land": "Erwartet wird z. B. NW."})
    values = {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
    statement = upsert(tables.tenant_profile).values(tenant_id=tenant_id, **values)
    tx.execute(statement.on_conflict_do_update(index_elements=["tenant_id"], set_=values))


def profile(tx: Connection, tenant_id: int) -> Profile:
    """Return the profile. Raises errors.NotFound if none was stored."""
    statement = select(*_PROFILE_COLUMNS).where(tables.tenant_profile.c.tenant_id == tenant_id)
    row = tx.execute(statement).mappings().one_or_none()
    if row is None:
        raise errors.NotFound("Für diesen Mandanten sind noch keine Stammdaten (Anschrift, Konto, Land) hinterlegt.")
    return Profile(**row)


def claim_key(tx: Connection, claim: claims.Claim) -> str:
    """Return the business key of a claim's `mahnung`: `<slug>/<kassenzeichen>/<op_nr>`."""
    return f"{find(tx, claim.tenant_id).slug}/{claim.text_key}"
