"""A refused deployment has a page: from the link of the refusal, for its city, with every finding, until it is mended or expires."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from api import background, checked_files, cli
from api.auth import users
from engine import clock, rejections
from tests.api.conftest import PASSWORD, City
from tests.api.test_versions_pages import changed

BROKEN = changed("mahnung.bpmn", ("=mahnbar_ab<", "=mahnbar_ab +<"), ('formRef="anschrift_klaeren"', 'formRef="gibt_es_nicht"'))
LINK = re.compile(r"/prozesse/abgelehnt/[0-9a-f-]{36}")


def sent(
    city: City, files: dict[str, bytes], *, path: str = "/engine-rest/deployment/create", login: str = "dora", **fields: str
) -> TestResponse:
    """Deploy as Camunda Modeler does."""
    client = city.flask.test_client()
    header = {"Authorization": "Basic " + base64.b64encode(f"{city.prefix}{login}:{PASSWORD}".encode()).decode()}
    parts = {name if "v2" not in path else "resources": (io.BytesIO(content), name) for name, content in files.items()}
    given = {"deployment-name": "Mahnung", "deployment-source": "Camunda Modeler"} | fields
    return client.post(path, data=given | parts, headers=header, base_url="https://amt.example")


def link_of(answer: TestResponse) -> str:
    told = answer.get_json()
    last = (told.get("message") or told["detail"]).splitlines()[-1]
    assert last.startswith("Alle Befunde am Diagramm: https://amt.example/prozesse/abgelehnt/")
    found = LINK.search(last)
    assert found is not None
    return found.group()


def kept(city: City, slug: str = "detmold") -> list[rejections.Listed]:
    tenant_id = city.seeded.tenants[slug]
    with city.database.begin(tenant_id) as tx:
        return rejections.listed(tx, tenant_id, now=clock.database_now(tx))


def posted(city: City, client: FlaskClient, path: str, files: dict[str, bytes], **fields: str) -> TestResponse:
    uploads = [(io.BytesIO(content), name) for name, content in files.items()]
    return client.post(path, data={"token": city.token(client), "dateien": uploads} | fields)


def test_the_link_of_a_refusal_leads_through_the_login_to_the_page_with_all_findings(city: City) -> None:
    answer = sent(city, {"mahnung.bpmn": BROKEN})
    link = link_of(answer)
    client = city.flask.test_client()

    first = client.get(link)
    target = re.search(r'name="weiter" value="([^"]+)"', client.get(first.headers["Location"]).get_data(as_text=True))
    assert target is not None
    login = {"login": city.prefix + "dora", "passwort": PASSWORD, "weiter": html.unescape(target.group(1))}
    page = client.post("/anmelden", data=login, follow_redirects=True)

    assert answer.status_code == 400
    assert page.request.path == link
    told = page.get_data(as_text=True)
    for expected in ("„Mahnung“", "Camunda Modeler", "Dora", "wartewoche_vorbei", "„gibt_es_nicht“ gibt es nicht", "2 Fehler"):
        assert expected in told
    problems = answer.get_json()["details"]["mahnung.bpmn"]["errors"]
    assert all(html.escape(problem["message"].split(". ")[0], quote=False).replace('"', "&#34;")[:30] in told for problem in problems)


def test_a_refusal_stays_one_and_the_button_pressed_ten_times_keeps_one_page(city: City) -> None:
    before = len(kept(city))
    with city.database.look() as tx:
        deployed = tx.execute(text("select count(*) from deployment")).scalar_one()

    links = {link_of(sent(city, {"mahnung.bpmn": BROKEN, "zehnmal.typ": b"#gibt_es_nicht"})) for _ in range(10)}

    assert len(links) == 1
    assert len(kept(city)) == before + 1
    with city.database.look() as tx:
        assert tx.execute(text("select count(*) from deployment")).scalar_one() == deployed


def test_a_refusal_over_the_second_interface_names_its_page_too(city: City) -> None:
    answer = sent(city, {"mahnung.bpmn": BROKEN}, path="/v2/deployments")

    page = city.client("dora").get(link_of(answer))

    assert (answer.status_code, page.status_code) == (400, 200)


def test_the_command_line_keeps_what_it_refuses(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with city.database.look() as tx:  # the command finds a tenant by its slug alone
        slug = f"amt_{city.prefix}"
        tx.execute(text("update tenant set slug = :s where id = :t"), {"s": slug, "t": city.seeded.tenants["oerlinghausen"]})
    monkeypatch.setenv("DATABASE_URL", city.database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
    (tmp_path / "mahnung.bpmn").write_bytes(BROKEN)

    done = CliRunner().invoke(cli.main, ["deploy", str(tmp_path), "--tenant", slug, "--name", "Von Hand"])

    with city.database.look() as tx:
        tx.execute(text("update tenant set slug = 'oerlinghausen' where id = :t"), {"t": city.seeded.tenants["oerlinghausen"]})
    assert done.exit_code == 1, done.output
    found = LINK.search(done.stderr.splitlines()[-1])
    assert found is not None, done.stderr
    (one,) = [one for one in kept(city, "oerlinghausen") if one.name == "Von Hand"]
    assert (found.group().endswith(str(one.uuid)), one.source, one.rejected_by) == (True, "Befehlszeile", "befehlszeile")


def test_another_city_finds_neither_page_nor_file(city: City) -> None:
    link = link_of(sent(city, {"mahnung.bpmn": BROKEN}))
    olga = city.client("olga")

    answers = [olga.get(path) for path in (link, f"{link}/1")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert "wartewoche" not in answers[0].get_data(as_text=True)
    again = posted(city, olga, "/prozesse/pruefen", {}, abgelehnt=link[-36:], uebrige="1")
    assert again.status_code == 404


def test_who_works_for_both_cities_is_led_to_the_one_it_belongs_to(city: City) -> None:
    detmold, oerlinghausen = city.seeded.tenants["detmold"], city.seeded.tenants["oerlinghausen"]
    with city.database.look() as tx:
        users.create(tx, city.prefix + "beide", "Bea", PASSWORD, {detmold: ("designer",), oerlinghausen: ("designer",)}, is_demo=True)
    link = link_of(sent(city, {"mahnung.bpmn": BROKEN}, login="beide", **{"tenant-id": "oerlinghausen"}))
    client = city.client("beide")

    page = client.get(link)
    choice = re.search(r'name="weiter" value="([^"]+)".*name="mandant" value="(\d+)"', page.get_data(as_text=True))

    assert page.status_code == 404
    assert choice is not None
    fields = {"token": city.token(client), "weiter": html.unescape(choice.group(1)), "mandant": choice.group(2)}
    changed_over = client.post("/mandant", data=fields, follow_redirects=True)
    assert (changed_over.status_code, changed_over.request.path) == (200, link)


def test_inside_a_trial_the_page_says_to_end_it_first(city: City) -> None:
    link = link_of(sent(city, {"mahnung.bpmn": BROKEN}))
    client = city.client("dora")
    assert posted(city, client, "/probelauf", {}, ohne_forderungen="1").status_code == 302

    page = client.get(link)
    client.post("/probelauf/beenden", data={"token": city.token(client)})

    assert (page.status_code, "Probelauf</a> beenden" in page.get_data(as_text=True)) == (404, True)
    assert client.get(link).status_code == 200


def test_only_designers_see_the_list_but_everybody_who_has_the_link_the_page(city: City) -> None:
    link = link_of(sent(city, {"mahnung.bpmn": BROKEN}))
    dora, paul = city.client("dora"), city.client("paul")

    pages = [client.get(path).status_code for client in (dora, paul) for path in ("/prozesse/abgelehnt", link)]

    assert pages == [200, 200, 403, 200]
    assert link in dora.get("/prozesse/abgelehnt").get_data(as_text=True)
    assert "/prozesse/abgelehnt" in dora.get("/prozesse").get_data(as_text=True)
    assert "/prozesse/abgelehnt" not in paul.get("/prozesse").get_data(as_text=True)


HOSTILE = ("<img src=x onerror=alert(1)>.bpmn", "a\"b'c;.bpmn", "../../etc/passwd.bpmn", "ä {{7*7}} $(id).bpmn", "%2e%2e.typ")


def test_hostile_names_are_shown_as_text_and_given_back_as_attachments(city: City) -> None:
    client = city.client("dora")
    bad = BROKEN.replace(b'id="mahnung"', b'id="&lt;script&gt;alert(1)&lt;/script&gt;"').replace(
        b'id="wartewoche_vorbei"', b'id="&quot; onclick=&quot;x"'
    )

    answer = posted(city, client, "/prozesse/pruefen", dict.fromkeys(HOSTILE, bad), bereitstellen="1", name="<b>'\"</b>")
    page = client.get(answer.headers["Location"])
    told = page.get_data(as_text=True)

    assert answer.status_code == 303
    assert "<img src=x" not in told
    assert "<script>alert" not in told
    assert "<b>'" not in told
    assert ' onclick="' not in told
    assert "{{7*7}}" in told
    for number in range(1, len(HOSTILE) + 1):
        given = client.get(f"{answer.headers['Location']}/{number}")
        assert given.get_data() == bad
        assert given.headers["Content-Type"] == "application/octet-stream"
        assert given.headers["Content-Disposition"].startswith("attachment; filename")
        assert "/" not in given.headers["Content-Disposition"].replace("UTF-8''", "")
        assert given.headers["X-Content-Type-Options"] == "nosniff"
    for number in ("0", "99", "9" * 30, "-1", "x"):
        assert client.get(f"{answer.headers['Location']}/{number}").status_code == 404


def test_a_corrected_file_is_checked_again_together_with_the_others(city: City) -> None:
    client = city.client("dora")
    letter = changed("mahnung.typ", ("#", "// noch einmal\n#"))
    link = posted(city, client, "/prozesse/pruefen", {"mahnung.bpmn": BROKEN, "mahnung.typ": letter}, bereitstellen="1").headers["Location"]
    again = {"abgelehnt": link[-36:], "uebrige": "1", "name": "Noch einmal"}

    alone = posted(city, client, "/prozesse/pruefen", {}, **again | {"uebrige": ""})
    still = posted(city, client, "/prozesse/pruefen", {}, **again)
    mended = posted(
        city, client, "/prozesse/pruefen", {"mahnung.bpmn": changed("mahnung.bpmn", ('x="', 'x="1'))}, bereitstellen="1", **again
    )

    assert "mindestens eine Datei auswählen" in alone.get_data(as_text=True), "without the others there is none"
    assert still.status_code == 422
    assert "wartewoche_vorbei" in still.get_data(as_text=True)
    assert (mended.status_code, mended.headers["Location"]) == (302, "/prozesse")
    told = client.get("/prozesse").get_data(as_text=True)
    assert "Bereitgestellt: mahnung Fassung" in told
    with city.database.begin(city.seeded.tenants["detmold"]) as tx:
        assert tx.execute(text("select count(*) from resource where content = :c"), {"c": letter}).scalar_one() == 1


def test_the_kept_files_are_tried_out_with_the_corrected_one(city: City) -> None:
    client = city.client("dora")
    link = posted(city, client, "/prozesse/pruefen", {"mahnung.bpmn": BROKEN}, bereitstellen="1").headers["Location"]
    fields = {"abgelehnt": link[-36:], "uebrige": "1", "ohne_forderungen": "1"}

    refused = posted(city, client, "/probelauf", {}, **fields)
    begun = posted(city, client, "/probelauf", {"mahnung.bpmn": changed("mahnung.bpmn", ('x="', 'x="1'))}, **fields)
    client.post("/probelauf/beenden", data={"token": city.token(client)})

    assert (refused.status_code, "wartewoche_vorbei" in refused.get_data(as_text=True)) == (422, True)
    assert (begun.status_code, begun.headers["Location"]) == (302, "/probelauf")


def test_a_check_alone_keeps_nothing(city: City) -> None:
    before = len(kept(city))

    answer = posted(city, city.client("dora"), "/prozesse/pruefen", {"nur_geprueft.typ": b"#gibt_es_nicht"})

    assert answer.status_code == 422
    assert len(kept(city)) == before


def test_who_may_not_deploy_keeps_nothing_either(city: City) -> None:
    before = len(kept(city))

    answer = posted(city, city.client("ben"), "/prozesse/pruefen", {"mahnung.bpmn": BROKEN}, bereitstellen="1")

    assert answer.status_code == 403
    assert len(kept(city)) == before


def test_twenty_files_at_once_are_all_on_the_page(city: City) -> None:
    client = city.client("dora")
    files = {f"mahnung_{number}.bpmn": BROKEN.replace(b'id="mahnung"', b'id="mahnung_%d"' % number) for number in range(20)}

    answer = posted(city, client, "/prozesse/pruefen", files)

    told = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert [number for number in range(1, 22) if f'id="bild-{number}-xml"' in told] == list(range(1, 21))
    assert told.count('role="rowgroup"') + told.count('scope="rowgroup"') == 20


def test_a_page_of_too_many_findings_shows_the_errors_first_and_says_how_many_are_missing(city: City) -> None:
    lines = "\n".join(["// absender: Stadt", *(f"#read({number})" for number in range(checked_files.MAX_SHOWN + 7))])

    answer = posted(city, city.client("dora"), "/prozesse/pruefen", {"mahnung.typ": lines.encode()})

    told = answer.get_data(as_text=True)
    assert f"{checked_files.MAX_SHOWN + 7} Fehler" in told
    assert "7 weitere Befunde sind hier nicht aufgeführt" in told
    assert told.count("data-befund=") == checked_files.MAX_SHOWN


def test_two_files_of_one_name_are_refused_in_the_browser_as_over_the_interface(city: City) -> None:
    client = city.client("dora")
    uploads = [(io.BytesIO(b"<a/>"), "a.bpmn"), (io.BytesIO(b"<b/>"), "ordner/a.bpmn")]

    answer = client.post("/prozesse/pruefen", data={"token": city.token(client), "dateien": uploads})

    assert answer.status_code == 422
    assert "Zwei Dateien heißen „a.bpmn“" in answer.get_data(as_text=True)


def test_the_worker_deletes_what_has_expired(city: City) -> None:
    tenant_id = city.seeded.tenants["oerlinghausen"]
    with city.database.begin(tenant_id) as tx:
        old = clock.database_now(tx) - timedelta(days=rejections.KEPT_DAYS)
        young = old + timedelta(minutes=1)
        for name, at in (("jung", young), ("alt", old)):
            rejections.keep(tx, {f"{name}.typ": b"x"}, (), name=name, source="", tenant_id=tenant_id, by="dora", now=at)

    done = background.rooms(city.database)

    with city.database.begin(tenant_id) as tx:
        left = tx.execute(text("select name from rejected_file where name in ('alt.typ', 'jung.typ')")).scalars().all()
        assert rejections.tenants_to_expire(tx) == []
    assert done >= 1  # whatever else is due in the city counts as well
    assert left == ["jung.typ"]


def test_a_form_with_half_signs_is_refused_as_a_page(city: City) -> None:
    form = json.dumps({"type": "default", "id": "x", "components": [{"type": "radioo", "id": "\ud800", "label": "a\0b"}]}).encode()

    answer = posted(city, city.client("dora"), "/prozesse/pruefen", {"x.form": form}, bereitstellen="1")

    page = city.client("dora").get(answer.headers["Location"])
    assert (answer.status_code, page.status_code) == (303, 200)
