"""Short-lived bearer tokens of programs (OAuth 2 client credentials); only their hash is stored."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Connection, text

LIFE_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whose token it is, and for which tenant."""

    user_id: UUID
    tenant_id: int


def issue(tx: Connection, user_id: UUID, tenant_id: int) -> str:
    """Return a new token, valid for LIFE_SECONDS by the database's clock; those that ran out are removed."""
    token = secrets.token_urlsafe(32)
    tx.execute(text("delete from access_token where expires_at < clock_timestamp()"))
    made = text(
        "insert into access_token (token_hash, user_id, tenant_id, password_digest, expires_at)"
        " select :hash, u.id, :tenant, sha256(convert_to(u.password_hash, 'UTF8')), clock_timestamp() + make_interval(secs => :life)"
        " from user_account u where u.id = :user"
    )
    tx.execute(made, {"hash": _hash(token), "tenant": tenant_id, "life": LIFE_SECONDS, "user": user_id})
    return token


def find(tx: Connection, token: str) -> Bearer | None:
    """Return whose token it is, or None where it is unknown or ran out, or its user was deactivated or has a new password."""
    query = text(
        "select a.user_id, a.tenant_id from access_token a join user_account u on u.id = a.user_id and u.active"
        " where a.token_hash = :hash and a.expires_at > clock_timestamp() and a.password_digest = sha256(convert_to(u.password_hash, 'UTF8'))"
    )
    row = tx.execute(query, {"hash": _hash(token)}).first()
    return None if row is None else Bearer(row.user_id, row.tenant_id)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
