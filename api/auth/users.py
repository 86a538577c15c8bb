"""Local users: create, check a password (argon2id, throttled in the database), roles per tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from sqlalchemy import Connection, delete, func, insert, select, text

from api.auth import tables
from engine import errors

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's second choice: 19 MiB, 2 rounds
MAX_FAILURES = 10
SHORTEST_PASSWORD = 12
FAILURE_MINUTES = 15
ROLES: Mapping[str, str] = {
    "claims_clerk": "Sachbearbeitung Innendienst",
    "field_officer": "Vollziehungsdienst",
    "team_lead": "Teamleitung",
    "authority_head": "Leitung der Vollstreckungsbehörde",
    "treasury": "Zahlungsabwicklung",
    "creditor_clerk": "Sachbearbeitung Gläubiger",
    "auditor": "Rechnungsprüfung",
    "designer": "Prozessgestaltung",
    "worker": "Technisches Konto (Worker und Schnittstellen)",
    "admin": "Administration",
}


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in."""

    id: UUID
    login: str
    name: str
    is_demo: bool


def create(tx: Connection, login: str, name: str, password: str, roles: Mapping[int, Sequence[str]], *, is_demo: bool = False) -> User:
    """Create a user with roles by tenant id. Raises errors.InvalidInput, errors.Conflict."""
    if not login.strip() or not name.strip():
        raise errors.InvalidInput("Bitte Anmeldenamen und Namen angeben.")
    unknown = {role for given in roles.values() for role in given} - set(ROLES)
    if unknown:
        raise errors.InvalidInput(f"Unbekannte Rolle: {', '.join(sorted(unknown))}. Es gibt: {', '.join(ROLES)}.")
    _refuse_short(password)
    if tx.execute(select(tables.user_account.c.id).where(tables.user_account.c.login == login)).first():
        raise errors.Conflict(f"Den Benutzer „{login}“ gibt es schon.")
    row = {"login": login, "name": name, "password_hash": HASHER.hash(password), "is_demo": is_demo}
    user_id = tx.execute(insert(tables.user_account).values(row).returning(tables.user_account.c.id)).scalar_one()
    rows = [{"user_id": user_id, "tenant_id": tenant_id, "role": role} for tenant_id, given in roles.items() for role in given]
    if rows:
        tx.execute(insert(tables.user_role), rows)
    return User(user_id, login, name, is_demo)


def grant(tx: Connection, user_id: UUID, tenant_id: int, roles: Sequence[str]) -> None:
    """Give a user roles at a tenant."""
    tx.execute(insert(tables.user_role), [{"user_id": user_id, "tenant_id": tenant_id, "role": role} for role in roles])


def _refuse_short(password: str) -> None:
    if len(password) < SHORTEST_PASSWORD:
        raise errors.InvalidInput(f"Das Passwort braucht mindestens {SHORTEST_PASSWORD} Zeichen.")


def set_password(tx: Connection, login: str, password: str) -> None:
    """Give a user a new password. Raises errors.InvalidInput, errors.NotFound."""
    _refuse_short(password)
    changed = tx.execute(
        tables.user_account.update().where(tables.user_account.c.login == login).values(password_hash=HASHER.hash(password))
    )
    if changed.rowcount == 0:
        raise errors.NotFound(f"Den Benutzer „{login}“ gibt es nicht.")


def end_sessions(tx: Connection, login: str) -> None:
    """End every session of a user, e.g. after a new password."""
    user_id = select(tables.user_account.c.id).where(tables.user_account.c.login == login).scalar_subquery()
    tx.execute(delete(tables.user_session).where(tables.user_session.c.user_id == user_id))


def deactivate(tx: Connection, login: str) -> None:
    """Let a user log in no more and end the user's sessions. Raises errors.NotFound."""
    changed = tx.execute(tables.user_account.update().where(tables.user_account.c.login == login).values(active=False))
    if changed.rowcount == 0:
        raise errors.NotFound(f"Den Benutzer „{login}“ gibt es nicht.")
    end_sessions(tx, login)


def check_password(tx: Connection, login: str, password: str) -> User | None:
    """Return the user if the password is right, else None; unknown users take as long. Raises errors.NotAllowed when throttled."""
    c = tables.login_failure.c
    since = text(f"clock_timestamp() - interval '{FAILURE_MINUTES} minutes'")
    failures = tx.execute(select(func.count()).where(c.login == login, c.failed_at > since)).scalar_one()
    if failures >= MAX_FAILURES:
        raise errors.NotAllowed(f"Zu viele Fehlversuche. Bitte in {FAILURE_MINUTES} Minuten noch einmal versuchen.")
    u = tables.user_account.c
    row = tx.execute(select(u.id, u.login, u.name, u.is_demo, u.password_hash, u.active).where(u.login == login)).first()
    try:
        HASHER.verify(row.password_hash if row else DUMMY, password)
        right = row is not None and row.active
    except (Argon2Error, InvalidHashError):
        right = False
    if not right or row is None:
        tx.execute(insert(tables.login_failure).values(login=login[:200]))
        return None
    tx.execute(delete(tables.login_failure).where(c.login == login))
    return User(row.id, row.login, row.name, row.is_demo)


def roles_of(tx: Connection, user_id: UUID) -> dict[int, tuple[str, ...]]:
    """Return the user's roles by tenant id."""
    r = tables.user_role.c
    found: dict[int, list[str]] = {}
    for row in tx.execute(select(r.tenant_id, r.role).where(r.user_id == user_id).order_by(r.tenant_id, r.role)):
        found.setdefault(row.tenant_id, []).append(row.role)
    return {tenant_id: tuple(roles) for tenant_id, roles in found.items()}


def roles_at(tx: Connection, tenant_id: int) -> dict[UUID, tuple[str, ...]]:
    """Return the roles at a tenant by user id."""
    r = tables.user_role.c
    statement = select(r.user_id, func.array_agg(r.role)).where(r.tenant_id == tenant_id).group_by(r.user_id)
    return {user_id: tuple(sorted(roles)) for user_id, roles in tx.execute(statement)}


def colleagues(tx: Connection, tenant_id: int) -> list[User]:
    """Return the active users of a tenant by name."""
    u, r = tables.user_account.c, tables.user_role.c
    statement = (
        select(u.id, u.login, u.name, u.is_demo)
        .where(u.active, u.id.in_(select(r.user_id).where(r.tenant_id == tenant_id)))
        .order_by(u.name)
    )
    return [User(*row) for row in tx.execute(statement)]


def names(tx: Connection) -> dict[str, str]:
    """Return login -> name of every user, also of those who no longer work here: the file goes on naming them."""
    u = tables.user_account.c
    return {row.login: row.name for row in tx.execute(select(u.login, u.name))}


def name_of(tx: Connection, login: str) -> str:
    """Return the name behind a login; a login that is nobody's stands for itself."""
    found = tx.execute(select(tables.user_account.c.name).where(tables.user_account.c.login == login)).scalar()
    return found or login


def demo_users_exist(tx: Connection) -> bool:
    """Return whether users of a demo exist: they must never live beside a production tenant."""
    return tx.execute(select(tables.user_account.c.id).where(tables.user_account.c.is_demo).limit(1)).first() is not None


DUMMY = HASHER.hash("a password nobody has")
