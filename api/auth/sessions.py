"""Sessions on the server: revocable, a new key at login, only its hash stored, a token against cross-site requests."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, delete, insert, text, update

from api.auth import tables, users
from engine import errors

IDLE_HOURS = 10


@dataclass(frozen=True, slots=True)
class Session:
    """A person at work for one tenant with the roles held there."""

    user_id: UUID
    login: str
    name: str
    tenant_id: int
    tenant_slug: str
    tenant_name: str
    world_id: int
    is_sandbox: bool
    roles: tuple[str, ...]
    csrf: str
    key_hash: bytes
    in_trial: bool = False

    def may(self, *roles: str) -> bool:
        """Return whether the person holds one of the roles here."""
        return any(role in self.roles for role in roles)


def start(tx: Connection, user: users.User, tenant_id: int) -> str:
    """Start a session and return its key, which only the browser keeps."""
    key = secrets.token_urlsafe(32)
    row = {"key_hash": _hash(key), "user_id": user.id, "tenant_id": tenant_id, "csrf": secrets.token_urlsafe(24)}
    tx.execute(insert(tables.user_session).values(row))
    return key


def find(tx: Connection, key: str) -> Session | None:
    """Return the session of a key, or None where it is unknown, old, or the user was deactivated."""
    query = text(
        "select s.user_id, u.login || coalesce(tr.hat, '') as login, u.name, s.tenant_id, t.slug, t.name as tenant_name, t.world_id,"
        " w.kind = 'sandbox' as sandbox, s.csrf, s.key_hash, tr.world_id is not null as in_trial from user_session s"
        " join user_account u on u.id = s.user_id and u.active join tenant t on t.id = s.tenant_id join world w on w.id = t.world_id"
        " left join trial tr on tr.world_id = w.id and tr.ended_at is null"
        " where s.key_hash = :h and s.seen_at > clock_timestamp() - make_interval(hours => :idle)"
    )
    row = tx.execute(query, {"h": _hash(key), "idle": IDLE_HOURS}).first()
    if row is None:
        return None
    roles = users.roles_of(tx, row.user_id).get(row.tenant_id, ())
    if not roles:
        return None
    stale = text(
        "update user_session set seen_at = clock_timestamp() where key_hash = :h and seen_at < clock_timestamp() - interval '1 minute'"
    )
    tx.execute(stale, {"h": row.key_hash})
    return Session(
        row.user_id,
        row.login,
        row.name,
        row.tenant_id,
        row.slug,
        row.tenant_name,
        row.world_id,
        row.sandbox,
        roles,
        row.csrf,
        bytes(row.key_hash),
        row.in_trial,
    )


def end(tx: Connection, session: Session) -> None:
    """End a session."""
    tx.execute(delete(tables.user_session).where(tables.user_session.c.key_hash == session.key_hash))


def change_tenant(tx: Connection, session: Session, tenant_id: int) -> None:
    """Go on working for another tenant. Raises errors.NotAllowed without a role there."""
    if tenant_id not in users.roles_of(tx, session.user_id):
        raise errors.NotAllowed("Für diesen Mandanten haben Sie keine Rolle.")
    tx.execute(update(tables.user_session).where(tables.user_session.c.key_hash == session.key_hash).values(tenant_id=tenant_id))


def tenants_of(tx: Connection, user_id: UUID) -> list[tuple[int, str]]:
    """Return (id, name) of the tenants a user works for."""
    ids = list(users.roles_of(tx, user_id))
    query = text("select id, name from tenant where id = any (:ids) order by name")
    return [(row.id, row.name) for row in tx.execute(query, {"ids": ids})]


def slugs_of(tx: Connection, user_id: UUID) -> list[str]:
    """Return the slugs of the tenants a user works for, in the order in which one is chosen where none is named."""
    query = text("select slug from tenant where id = any (:ids) order by id")
    return list(tx.execute(query, {"ids": list(users.roles_of(tx, user_id))}).scalars())


def same_token(given: str, session: Session) -> bool:
    """Return whether a form carries the session's token."""
    return hmac.compare_digest(given.encode(), session.csrf.encode())


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
