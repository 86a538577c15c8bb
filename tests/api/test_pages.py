"""The pages as people and attackers meet them: logins, tokens, foreign rows, bad inputs, headers."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from api.auth import users
from api.rest import faults
from engine import worker
from processes import runs
from tests.api.conftest import PAGES, PASSWORD, City
from tests.conftest import START


def test_a_wrong_password_is_refused_without_telling_which_part_was_wrong(city: City) -> None:
    client = city.flask.test_client()

    wrong = client.post("/anmelden", data={"login": city.prefix + "anna", "passwort": "falsch"})
    unknown = client.post("/anmelden", data={"login": "niemand", "passwort": "falsch"})

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    message = "Benutzername oder Passwort stimmen nicht."
    assert message in wrong.get_data(as_text=True)
    assert message in unknown.get_data(as_text=True)


def test_guessing_is_throttled_in_the_database(city: City) -> None:
    client = city.flask.test_client()
    for _ in range(users.MAX_FAILURES):
        client.post("/anmelden", data={"login": city.prefix + "ben", "passwort": "falsch"})

    answer = client.post("/anmelden", data={"login": city.prefix + "ben", "passwort": PASSWORD})

    assert "Zu viele Fehlversuche" in answer.get_data(as_text=True)
    with city.database.look() as tx:
        tx.execute(text("delete from login_failure"))


def test_the_session_cookie_is_not_for_scripts_and_ends_on_the_server(city: City) -> None:
    client = city.flask.test_client()
    answer = client.post("/anmelden", data={"login": city.prefix + "anna", "passwort": PASSWORD})
    cookie = answer.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    key = cookie.split("=", 1)[1].split(";", 1)[0]
    client.post("/abmelden", data={"token": city.token(client)})
    client.set_cookie("vollstreckung", key)
    assert client.get("/aufgaben").status_code == 302


def test_a_login_leads_only_to_our_own_pages(city: City) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = city.flask.test_client().post("/anmelden", data={"login": city.prefix + "anna", "passwort": PASSWORD, "weiter": target})
        assert answer.headers["Location"] == "/"


def test_every_writing_page_wants_the_token_of_the_session(city: City) -> None:
    client = city.client("anna")
    rules = [rule for rule in city.flask.url_map.iter_rules() if "POST" in (rule.methods or ()) and rule.endpoint != "login.enter"]
    rules = [rule for rule in rules if not faults.serves(rule.rule)]  # no cookie counts there

    assert len(rules) >= 12
    for rule in rules:
        url = rule.rule
        for argument in rule.arguments:
            url = url.replace(f"<uuid:{argument}>", "11111111-2222-3333-4444-555555555555")
        assert client.post(url, data={}).status_code == 403, url


class Body(io.RawIOBase):
    """A large form as it comes over the network; `taken` is how much of it was read."""

    taken = 0

    def arriving(self, megabytes: int) -> dict[str, object]:
        """Return what a request with it looks like to the application."""
        return {"wsgi.input": self, "CONTENT_LENGTH": str(megabytes * 1024 * 1024)}

    def readinto(self, room: bytearray) -> int:  # type: ignore[override]  # any buffer, says typeshed; here a bytearray is filled
        self.taken += len(room)
        room[:] = b"a" * len(room)
        return len(room)


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    "path", ["/starten/mahnung", "/einspielen", "/anmelden", "/engine-rest/deployment/create", "/v2/deployments", "/oauth/token"]
)
def test_what_strangers_send_is_not_read_before_they_are_refused(city: City, path: str, content_type: str) -> None:
    sent = Body()

    answer = city.flask.test_client().post(path, content_type=content_type, environ_overrides=sent.arriving(50))

    assert answer.status_code in (302, 401, 413)
    assert sent.taken == 0


def test_typed_text_without_files_is_bounded_as_in_the_interfaces(city: City) -> None:
    sent, client = Body(), city.client("anna")

    answer = client.post("/uhr", content_type="application/x-www-form-urlencoded", environ_overrides=sent.arriving(5))

    assert answer.status_code == 413
    assert sent.taken == 0
    assert "zu groß" in answer.get_data(as_text=True)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_with_a_strict_policy_and_no_store(city: City, path: str) -> None:
    answer = city.client("anna").get(path)

    assert answer.status_code == 200
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_without_a_login_every_page_leads_to_the_login(city: City, path: str) -> None:
    answer = city.flask.test_client().get(path)

    assert answer.status_code == 302
    assert "/anmelden" in answer.headers["Location"]


def test_names_are_escaped_on_pages(city: City) -> None:
    page = city.client("anna").get("/akten?suche=Mara").get_data(as_text=True)

    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_one_city_gets_no_page_of_the_other(city: City) -> None:
    with city.database.begin(city.seeded.tenants["detmold"]) as tx:
        claim = tx.execute(text("select uuid from claim where reference = 'DE91'")).scalar_one()
        instance = tx.execute(text("select uuid from process_instance limit 1")).scalar_one()
    anna, olga = city.client("anna"), city.client("olga")

    for path in (f"/akten/forderung/{claim}", f"/wiedergabe/{instance}"):
        assert anna.get(path).status_code == 200, path
        assert olga.get(path).status_code == 404, path
    assert "DE91" not in olga.get("/akten").get_data(as_text=True)
    assert "DE91" not in olga.get("/akten?suche=DE91").get_data(as_text=True).replace('value="DE91"', "").replace("zu „DE91“", "")


@pytest.mark.parametrize(
    "data", ["{", "[]", '{"a": NaN}', '{"a": 1, "a": 2}', '{"a":' * 50 + "1" + "}" * 50, '{"begruendung": "a\\u0000b"}', '{"x": 1e400000}']
)
def test_hostile_submissions_of_a_task_are_refused_and_never_a_bug(city: City, data: str) -> None:
    client = city.client("anna")
    task = _task(city)

    answer = client.post(f"/aufgaben/{task}", data={"token": city.token(client), "daten": data})

    assert 400 <= answer.status_code < 500


def test_a_faulty_form_keeps_what_was_typed_and_a_right_one_completes_once(city: City) -> None:
    client = city.client("anna")
    task, token = _task(city), city.token(client)
    decided = {"entscheidung": "weiter_ermitteln", "wiedervorlage_am": "2026-11-02", "vermerk": "EMA angefragt"}

    faulty = client.post(f"/aufgaben/{task}", data={"token": token, "daten": json.dumps({**decided, "vermerk": ""})})
    page = faulty.get_data(as_text=True)
    assert faulty.status_code == 422
    assert "Bitte ausfüllen" in page
    assert '"entscheidung": "weiter_ermitteln"' in page

    right = client.post(f"/aufgaben/{task}", data={"token": token, "daten": json.dumps(decided)})
    assert right.status_code == 302
    again = client.post(f"/aufgaben/{task}", data={"token": token, "daten": json.dumps(decided)})
    assert again.status_code == 409
    page = again.get_data(as_text=True)
    assert f"von {city.prefix}anna am" in page
    assert "Ihre Eingaben wurden nicht gespeichert" in page
    assert "EMA angefragt" in page


@pytest.mark.parametrize(
    ("path", "files"),
    [
        ("/einspielen", {"datei": (b"", "leer.csv")}),
        ("/einspielen", {"datei": (b"\x00\xff\x00" * 100, "binaer.csv")}),
        ("/einspielen", {"datei": (b"a;b;c\r\n1;2;3", "fremd.csv")}),
        ("/prozesse/pruefen", {"dateien": (b"<kaputt", "x.bpmn")}),
        ("/prozesse/pruefen", {"dateien": (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "x.bpmn")}),
        ("/prozesse/pruefen", {"dateien": (b"\xff\xfe<\x00a\x00", "x.dmn")}),
        ("/prozesse/pruefen", {"dateien": (b"[" * 100_000, "x.form")}),
        ("/prozesse/pruefen", {"dateien": (b"#panic()", "../../etc/x.typ")}),
        ("/prozesse/pruefen", {"dateien": (b"x", "x.exe")}),
    ],
)  # fmt: skip
def test_hostile_files_get_a_german_answer_and_never_a_bug(city: City, path: str, files: dict[str, tuple[bytes, str]]) -> None:
    client = city.client("anna")
    data: dict[str, object] = {name: (io.BytesIO(content), filename) for name, (content, filename) in files.items()}

    answer = client.post(path, data={**data, "token": city.token(client)}, content_type="multipart/form-data")

    assert 400 <= answer.status_code < 500
    page = answer.get_data(as_text=True)
    assert any(word in page for word in ("Bitte", "Erwartet", "Erlaubt")), page


@pytest.mark.parametrize(
    "path", ["/aufgaben/keine-uuid", "/akten/forderung/11111111-2222-3333-4444-555555555555", "/gibt/es/nicht", "/akten/fall/X%00Y"]
)
def test_unknown_addresses_are_not_found(city: City, path: str) -> None:
    assert city.client("anna").get(path).status_code == 404


def test_a_nul_in_a_search_is_told(city: City) -> None:
    answer = city.client("anna").get("/akten?suche=a%00b")

    assert answer.status_code == 422
    assert "NUL-Zeichen" in answer.get_data(as_text=True)


def test_a_nul_in_a_form_is_told(city: City) -> None:
    client = city.client("anna")

    answer = client.post("/uhr", data={"token": city.token(client), "bis": "2026-01-01\0"})

    assert answer.status_code == 422
    assert "NUL-Zeichen" in answer.get_data(as_text=True)


def _claim(city: City) -> object:
    with city.database.begin(city.seeded.tenants["detmold"]) as tx:
        return tx.execute(text("select uuid from claim where reference = 'DE91'")).scalar_one()


@pytest.mark.parametrize(("typed", "booked"), [("0,01", 1), ("1.248,3", 124830), ("12", 1200), ("3,50 €", 350)])
def test_an_amount_is_booked_as_people_write_it(city: City, typed: str, booked: int) -> None:
    client = city.client("olga")
    form = {"bezug": "OE91", "betrag": typed, "wertstellung": "2026-08-17", "art": "ueberweisung", "token": city.token(client)}

    assert client.post("/akten/zahlung", data=form).status_code == 302

    with city.database.begin(city.seeded.tenants["oerlinghausen"]) as tx:
        assert tx.execute(text("select amount_cent from payment order by id desc limit 1")).scalar_one() == booked


def test_a_day_of_no_calendar_of_ours_is_refused(city: City) -> None:
    client = city.client("anna")
    form = {"bezug": "DE91", "betrag": "5,00", "wertstellung": "0001-01-01", "art": "ueberweisung", "token": city.token(client)}

    assert client.post("/akten/zahlung", data=form).status_code == 422


def test_a_refusal_leads_back_to_the_form_it_came_from(city: City) -> None:
    client = city.client("anna")

    answer = client.post("/uhr", data={"bis": "gestern", "token": city.token(client)})

    assert answer.status_code == 422
    assert '<a class="knopf" href="/uhr">Zurück und noch einmal</a>' in answer.get_data(as_text=True)


def test_a_refused_objection_keeps_its_text(city: City) -> None:
    client = city.client("anna")
    long = "Der Bescheid kam nie an. " * 200

    answer = client.post(
        "/akten/einwendung",
        data={"forderung": str(_claim(city)), "text": long, "token": city.token(client), "zurueck": f"/akten/forderung/{_claim(city)}"},
    )

    assert answer.status_code == 422
    assert long.strip() in answer.get_data(as_text=True)


def test_after_recording_nobody_is_sent_elsewhere(city: City) -> None:
    client = city.client("anna")

    for target in ("//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example"):
        data = {"forderung": str(_claim(city)), "token": city.token(client), "zurueck": target}
        answer = client.post("/akten/sperre-aufheben", data=data)
        assert answer.headers.get("Location", "/akten") == "/akten", target


@pytest.mark.parametrize("tenant", ["", "abc", "-1", "١٢", "9" * 40])
def test_a_tenant_that_is_no_number_is_told(city: City, tenant: str) -> None:
    client = city.client("anna")

    assert client.post("/mandant", data={"mandant": tenant, "token": city.token(client)}).status_code == 422


def test_nobody_gives_back_or_takes_a_task_that_is_not_theirs(city: City) -> None:
    anna, dora = city.client("anna"), city.client("dora")
    task = _task(city)

    assert dora.post(f"/aufgaben/{task}/uebernehmen", data={"token": city.token(dora)}).status_code == 403
    assert anna.post(f"/aufgaben/{task}/uebernehmen", data={"token": city.token(anna)}).status_code == 302
    assert dora.post(f"/aufgaben/{task}/zurueckgeben", data={"token": city.token(dora)}).status_code == 409
    assert anna.post(f"/aufgaben/{task}/zurueckgeben", data={"token": city.token(anna)}).status_code == 302


@pytest.mark.parametrize(
    "form",
    [
        {"bezug": "DE91", "betrag": "abc"},
        {"bezug": "GIBTESNICHT", "betrag": "5,00"},
        {"bezug": "", "betrag": "5,00"},
        {"bezug": "DE91", "betrag": "-5"},
        {"bezug": "DE91", "betrag": "1e5"},
        {"bezug": "DE91", "betrag": "257.37"},
        {"bezug": "DE91", "betrag": "1.00,00"},
        {"bezug": "DE91", "betrag": "9" * 21},
        {"bezug": "DE91", "betrag": "٥,٠٠"},
    ],
)
def test_a_wrong_payment_is_told_on_the_page_with_what_was_typed_and_books_nothing(city: City, form: dict[str, str]) -> None:
    client = city.client("anna")
    back = f"/akten/forderung/{_claim(city)}"

    answer = client.post(
        "/akten/zahlung",
        data={**form, "wertstellung": "2026-08-17", "art": "ueberweisung", "token": city.token(client), "zurueck": back},
    )

    page = answer.get_data(as_text=True)
    assert answer.status_code in (404, 422)
    assert "meldung fehler" in page
    assert "Akte DE91/1" in page
    assert f'value="{form["betrag"]}"' in page
    with city.database.begin(city.seeded.tenants["detmold"]) as tx:
        assert tx.execute(text("select count(*) from payment")).scalar_one() == 0


def test_only_the_right_role_starts_a_run(city: City) -> None:
    client = city.client("paul")

    assert client.post("/mahnlauf", data={"token": city.token(client)}).status_code == 403


def _task(city: City) -> str:
    """Return an open task `anschrift_klaeren` of Detmold, made through a run, a letter and its return."""
    tenant_id = city.seeded.tenants["detmold"]
    with city.database.begin(tenant_id) as tx:
        found = tx.execute(text("select id from user_task where element_id = 'anschrift_klaeren' and ended_at is null")).scalar()
    if found:
        return str(found)
    worker.run_until(city.database, city.seeded.world_id, START + timedelta(days=20))
    with city.database.begin(tenant_id) as tx:
        run_id = runs.start(tx, tenant_id, by="test", now=START + timedelta(days=20))
    runs.process(lambda: city.database.begin(tenant_id), tenant_id, run_id)
    worker.settle(city.database, city.seeded.world_id)
    client = city.client("anna")
    with city.database.begin(tenant_id) as tx:
        letter = tx.execute(text("select uuid from letter where template = 'mahnung' and returned_on is null limit 1")).scalar_one()
    assert client.get(f"/schreiben/{letter}.pdf").data[:5] == b"%PDF-"
    client.post("/akten/ruecklauf", data={"schreiben": str(letter), "grund": "unbekannt verzogen", "token": city.token(client)})
    worker.settle(city.database, city.seeded.world_id)
    with city.database.begin(tenant_id) as tx:
        return str(tx.execute(text("select id from user_task where element_id = 'anschrift_klaeren' and ended_at is null")).scalar_one())
