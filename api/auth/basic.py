"""Who calls an interface for programs: `Authorization: Basic` (a user's login) or `Bearer` (a short-lived token), never a cookie.

A polling worker sends its password with every request. Argon2 costs some 30 ms of CPU on purpose, so a password found right is
remembered for a few minutes, under a hash keyed with a secret of this process. Every request still reads user and roles: a new
password, a deactivated user or a role taken away counts at once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time
from uuid import UUID

from sqlalchemy import Connection, select, text

from api.auth import sessions, tables, tokens, users
from engine import errors
from engine.db import Database

REMEMBER_SECONDS = 300.0
MAX_REMEMBERED = 1000
MAX_HEADER = 4096
_SECRET = secrets.token_bytes(32)


class NotLoggedIn(errors.Rejected):
    """Nobody, or not with this password: HTTP 401. The message is German."""


class _Remembered:
    """Headers whose password was found right: keyed hash -> (user, hash of the password then, until when)."""

    def __init__(self) -> None:
        self.known: dict[bytes, tuple[UUID, str, float]] = {}
        self.lock = threading.Lock()

    def get(self, header: str) -> tuple[UUID, str] | None:
        """Return (user, hash of the password) of a header that was right a short while ago."""
        found = self.known.get(_digest(header))
        return found[:2] if found is not None and found[2] > time.monotonic() else None

    def put(self, header: str, user_id: UUID, password_hash: str) -> None:
        """Remember a header; the oldest give way."""
        with self.lock:
            while len(self.known) >= MAX_REMEMBERED:
                self.known.pop(next(iter(self.known)))
            self.known[_digest(header)] = (user_id, password_hash, time.monotonic() + REMEMBER_SECONDS)

    def drop(self, header: str) -> None:
        """Forget a header whose user or password changed."""
        with self.lock:
            self.known.pop(_digest(header), None)


_REMEMBERED = _Remembered()


def credentials(header: str) -> tuple[str, str] | None:
    """Return (login, password) of a Basic header, or None. UTF-8 first; Camunda Modeler 7 sends Latin-1."""
    scheme, _, encoded = header.strip().partition(" ")
    if scheme.lower() != "basic" or len(header) > MAX_HEADER:
        return None
    try:
        content = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        login, colon, password = content.decode("utf-8").partition(":")
    except UnicodeDecodeError:
        login, colon, password = content.decode("latin-1").partition(":")
    return (login, password) if colon and "\0" not in login else None


def session_of(database: Database, header: str, *, tenant: str | None = None) -> sessions.Session:
    """Return the session of a Basic or Bearer header; it lives for the request and has neither key nor form token.

    tenant: the slug of the tenant to work for; None: that of the token, else the user's first. Raises NotLoggedIn (401),
    errors.NotAllowed (throttled, or no role at that tenant).
    """
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() == "bearer":
        with database.look() as tx:
            bearer = tokens.find(tx, rest.strip())
            if bearer is None:
                raise NotLoggedIn("Das Zugangstoken ist unbekannt oder abgelaufen. Bitte ein neues anfordern.")
            return _session(tx, bearer.user_id, tenant, bearer.tenant_id)
    given = credentials(header)
    if given is None:
        raise NotLoggedIn("Bitte mit Benutzername und Passwort anmelden (HTTP Basic oder Bearer).")
    with database.look() as tx:
        user_id = _checked(tx, header, *given)
        found = _session(tx, user_id, tenant, None) if user_id is not None else None
    if found is None:  # told after the commit: the failed attempt counts
        raise NotLoggedIn("Benutzername oder Passwort stimmen nicht.")
    return found


def _checked(tx: Connection, header: str, login: str, password: str) -> UUID | None:
    """Return the user whose password this is."""
    remembered = _REMEMBERED.get(header)
    if remembered is not None:
        if remembered[1] == _password_hash(tx, remembered[0]):
            return remembered[0]
        _REMEMBERED.drop(header)
    user = users.check_password(tx, login.strip()[:200], password[:1000])
    if user is None:
        return None
    stored = _password_hash(tx, user.id)
    if stored is not None:
        _REMEMBERED.put(header, user.id, stored)
    return user.id


def _password_hash(tx: Connection, user_id: UUID) -> str | None:
    """Return the stored hash of an active user's password."""
    u = tables.user_account.c
    return tx.execute(select(u.password_hash).where(u.id == user_id, u.active)).scalar()


def _session(tx: Connection, user_id: UUID, slug: str | None, tenant_id: int | None) -> sessions.Session:
    roles = users.roles_of(tx, user_id)
    query = text(
        "select u.login, u.name, t.id, t.slug, t.name as tenant_name, t.world_id, w.kind = 'sandbox' as sandbox from user_account u,"
        " tenant t join world w on w.id = t.world_id where u.id = :user and u.active and t.id = any (:ids) order by t.id"
    )
    rows = tx.execute(query, {"user": user_id, "ids": list(roles)}).all()
    wanted = [row for row in rows if (slug is None or row.slug == slug) and (slug or tenant_id is None or row.id == tenant_id)]
    if not wanted:
        where = f"für den Mandanten „{slug}“" if slug else "für einen Mandanten"
        raise errors.NotAllowed(f"Das Konto hat keine Rolle {where}. Bitte wenden Sie sich an die Administration.")
    row = wanted[0]
    return sessions.Session(
        user_id, row.login, row.name, row.id, row.slug, row.tenant_name, row.world_id, row.sandbox, roles[row.id], "", b""
    )


def _digest(header: str) -> bytes:
    return hmac.new(_SECRET, header.encode(), hashlib.sha256).digest()
