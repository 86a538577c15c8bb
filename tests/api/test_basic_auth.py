"""Programs log in with Basic or Bearer: encodings, throttling, and what is remembered ends with the password."""

from __future__ import annotations

import base64
import uuid

import pytest
from sqlalchemy import text

from api.auth import basic, tokens, users
from engine import errors
from engine.db import Database
from tests.conftest import World

PASSWORD = "geheim-genug-pässwörter"


def header(login: str, password: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(f"{login}:{password}".encode(encoding)).decode()


@pytest.fixture
def user(database: Database, world: World) -> users.User:
    with database.look() as tx:
        roles = {world.detmold: ("designer",), world.oerlinghausen: ("worker",)}
        return users.create(tx, f"programm-{uuid.uuid4().hex[:8]}", "Programm", PASSWORD, roles)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_both_encodings_of_clients_are_read(encoding: str) -> None:
    assert basic.credentials(header("jörg", "pä:ss", encoding)) == ("jörg", "pä:ss")


@pytest.mark.parametrize("bad", ["", "Basic", "Basic ###", "Basic YWJj", "Bearer abc", "Basic " + "QQ==" * 2000, "Basic AGE6Yg=="])
def test_what_is_no_basic_header_is_none(bad: str) -> None:
    assert basic.credentials(bad) is None


def test_the_session_is_of_the_tenant_asked_for_with_the_roles_there(database: Database, user: users.User) -> None:
    first = basic.session_of(database, header(user.login, PASSWORD, "latin-1"))
    other = basic.session_of(database, header(user.login, PASSWORD), tenant="oerlinghausen")

    assert (first.tenant_slug, first.roles, first.login) == ("detmold", ("designer",), user.login)
    assert (other.tenant_slug, other.roles) == ("oerlinghausen", ("worker",))
    with pytest.raises(errors.NotAllowed, match="Mandanten „fremd“"):
        basic.session_of(database, header(user.login, PASSWORD), tenant="fremd")


def test_wrong_passwords_are_counted_and_throttled(database: Database, user: users.User) -> None:
    for _ in range(users.MAX_FAILURES):
        with pytest.raises(basic.NotLoggedIn):
            basic.session_of(database, header(user.login, "falsch-falsch"))

    with pytest.raises(errors.NotAllowed, match="Zu viele Fehlversuche"):
        basic.session_of(database, header(user.login, PASSWORD))


def test_a_remembered_password_costs_no_hash_and_ends_with_the_password_and_the_user(
    database: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = header(user.login, PASSWORD)
    basic.session_of(database, right)
    with monkeypatch.context() as patch:
        patch.setattr(users, "check_password", lambda *_: pytest.fail("argon2 ran again"))
        assert basic.session_of(database, right).login == user.login

    with database.look() as tx:
        users.set_password(tx, user.login, "ein-ganz-neues-passwort")
    with pytest.raises(basic.NotLoggedIn):
        basic.session_of(database, right)
    new = header(user.login, "ein-ganz-neues-passwort")
    basic.session_of(database, new)
    with database.look() as tx:
        tx.execute(text("update user_account set active = false where id = :id"), {"id": user.id})
    with pytest.raises(basic.NotLoggedIn):
        basic.session_of(database, new)


def test_a_bearer_token_works_until_it_runs_out_or_the_password_changes(database: Database, world: World, user: users.User) -> None:
    with database.look() as tx:
        first, second = tokens.issue(tx, user.id, world.oerlinghausen), tokens.issue(tx, user.id, world.detmold)
        stored = tx.execute(text("select token_hash from access_token where user_id = :u"), {"u": user.id}).scalars().all()

    assert basic.session_of(database, f"Bearer {first}").tenant_slug == "oerlinghausen"
    assert all(first.encode() not in bytes(hashed) for hashed in stored)
    with database.look() as tx:
        hashed = min(bytes(h) for h in stored)
        tx.execute(text("update access_token set expires_at = clock_timestamp() where token_hash = :h"), {"h": hashed})
    alive = 0
    for token in (first, second):
        try:
            basic.session_of(database, f"Bearer {token}")
            alive += 1
        except basic.NotLoggedIn:
            pass
    assert alive == 1
    with database.look() as tx:
        users.set_password(tx, user.login, "noch-ein-neues-passwort")
    for token in (first, second, "erfunden"):
        with pytest.raises(basic.NotLoggedIn):
            basic.session_of(database, f"Bearer {token}")
