"""Pages of versions: what differs in two of them, moving running instances, and taking back what nobody uses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from api import model_files, wiring
from engine import clock, deployments, instances, versions
from tests.api.conftest import PASSWORD, City
from tests.engine.spiff.bpmn import chain, file, node, process


@dataclass
class Office:
    """A city with a second version of some models, and where a designer and a clerk look at it."""

    city: City
    designer: FlaskClient
    clerk: FlaskClient
    tenant_id: int

    def put(self, **files: bytes) -> UUID:
        """Deploy files by name (`__` for a dot) and return the deployment."""
        named = {name.replace("__", "."): content for name, content in files.items()}
        with self.city.database.begin(self.tenant_id) as tx:
            return deployments.deploy(
                tx, named, world_id=self.city.seeded.world_id, name="Zweite Fassung", by="dora", now=clock.now(tx, self.tenant_id),
                readers=wiring.READERS, topics=wiring.topic_offers(), tenant_id=self.tenant_id,
            ).uuid  # fmt: skip

    def latest(self, kind: str, key: str) -> versions.Version:
        with self.city.database.begin(self.tenant_id) as tx:
            return versions.all_of(tx, self.tenant_id, kind=kind, key=key)[0]

    def post(self, path: str, *, client: FlaskClient | None = None, **fields: str) -> tuple[int, str]:
        client = client or self.designer
        answer = client.post(path, data={"token": self.city.token(client)} | fields, follow_redirects=True)
        return answer.status_code, answer.get_data(as_text=True)


@pytest.fixture(scope="module")
def office(city: City) -> Iterator[Office]:
    return Office(city, city.client("dora"), city.client("ben"), city.seeded.tenants["detmold"])


def changed(name: str, *pairs: tuple[str, str]) -> bytes:
    """Return one of our models with texts replaced, each of which must stand in it."""
    content = model_files.own()[name].decode()
    for before, after in pairs:
        assert before in content, before
        content = content.replace(before, after, 1)
    return content.encode()


def test_a_diagram_a_table_a_form_and_a_letter_are_compared_in_words(office: Office) -> None:
    files = {
        "mahnung__bpmn": changed("mahnung.bpmn", ('name="Mahnung nötig?"', 'name="Muss gemahnt werden?"')),
        "kleinbetrag__dmn": changed("kleinbetrag.dmn", ("<text>10.00", "<text>12.50")),
        "rest_pruefen__form": changed("rest_pruefen.form", ("Was geschieht mit dem Rest?", "Was wird aus dem Rest?")),
        "mahnung__typ": changed("mahnung.typ", ("#", "// geändert\n#")),
    }
    office.put(**files)

    def page(kind: str, key: str) -> str:
        latest = office.latest(kind, key).version
        answer = office.clerk.get(f"/prozesse/vergleich?art={kind}&kennung={key}&von={latest - 1}&auf={latest}")
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    diagram = page("bpmn", "mahnung")
    assert "<del>Mahnung nötig?</del>" in diagram
    assert "<ins>Muss gemahnt werden?</ins>" in diagram
    assert '"geaendert": ["mahnung_noetig"]' in diagram
    assert "<del>10.00</del> <ins>12.50</ins>" in page("dmn", "kleinbetrag")
    assert "<ins>Was wird aus dem Rest?</ins>" in page("form", "rest_pruefen")
    assert "<ins>// geändert</ins>" in page("letter", "mahnung")
    same = office.clerk.get("/prozesse/vergleich?art=bpmn&kennung=mahnung&von=1&auf=1").get_data(as_text=True)
    assert "Die beiden Fassungen sagen dasselbe." in same
    listed = office.clerk.get("/prozesse/fassungen").get_data(as_text=True)
    assert "Zweite Fassung" in listed
    assert "Laufende Vorgänge umstellen" not in listed


@pytest.mark.parametrize(("encoding", "declared"), [("utf-16", "UTF-16"), ("windows-1252", "windows-1252"), ("utf-8-sig", "UTF-8")])
def test_a_diagram_of_any_encoding_is_shown_compared_replayed_and_handed_out_with_its_umlauts(
    office: Office, encoding: str, declared: str
) -> None:
    key = f"in_{encoding.replace('-', '_')}"
    drawn = file(process(node("startEvent", "s") + node("endEvent", "e") + chain("s", "e"), key=key)).decode()
    for name in ("Prüfen", "Größer prüfen"):
        named = drawn.replace(f'id="{key}"', f'id="{key}" name="{name}"')
        office.put(**{f"{key}__bpmn": f'<?xml version="1.0" encoding="{declared}"?>{named}'.encode(encoding)})
    latest = office.latest("bpmn", key)
    with office.city.database.begin(office.tenant_id) as tx:
        instance = instances.start(tx, key, key, {}, tenant_id=office.tenant_id, now=clock.now(tx, office.tenant_id), by="dora")
    paths = (f"/prozesse/{latest.uuid}", f"/prozesse/vergleich?art=bpmn&kennung={key}&von=1&auf=2", f"/wiedergabe/{instance.uuid}")

    pages = [office.designer.get(path) for path in paths]
    answer = office.designer.get(f"/engine-rest/process-definition/key/{key}/xml", auth=(office.city.prefix + "dora", PASSWORD))

    assert [page.status_code for page in (*pages, answer)] == [200] * 4
    shown = [re.search(r'id="diagramm-xml">(.*?)</script>', page.get_data(as_text=True)) for page in pages]
    assert all(found and 'name="Größer prüfen"' in json.loads(found.group(1)) for found in shown)
    assert 'name="Größer prüfen"' in answer.get_json()["bpmn20Xml"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("art=bpmn&kennung=mahnung&von=1&auf=999", 404),
        ("art=bpmn&kennung=mahnung&von=1&auf=99999999999999999999", 422),
        ("art=bpmn&kennung=mahnung&von=1&auf=999999999", 404),
        ("art=bpmn&kennung=mahnung&von=-1&auf=1", 422),
        ("art=bpmn&kennung=mahnung", 422),
        ("art=bpmn&kennung=%27%3B--&von=1&auf=1", 404),
        ("", 422),
    ],
)
def test_what_cannot_be_compared_or_moved_is_refused(office: Office, query: str, status: int) -> None:
    for path in ("/prozesse/vergleich", "/prozesse/umstellen"):
        answer = office.designer.get(f"{path}?{query}")

        assert answer.status_code == status


def test_a_designer_tries_a_migration_then_moves_the_instances_with_a_reason(office: Office) -> None:
    version = office.latest("bpmn", "mahnung").version
    office.put(mahnung__bpmn=changed("mahnung.bpmn", ('name="Mahnung nötig?"', 'name="Wird gemahnt?"')))
    where = f"/prozesse/umstellen?kennung=mahnung&von=1&auf={version + 1}"
    fields = {"kennung": "mahnung", "von": "1", "auf": str(version + 1)}
    running = {one.version: one.running for one in _versions(office)}
    assert running[1] >= 2

    page = office.designer.get(where).get_data(as_text=True)
    assert 'aria-label="Zuordnung"' in page
    assert "sicher" in page
    tried = office.post("/prozesse/umstellen", tun="probe", **fields)
    assert f"Probe: {running[1]} von {running[1]}" in tried[1]
    assert {one.version: one.running for one in _versions(office)} == running
    status, refused = office.post("/prozesse/umstellen", tun="umstellen", grund=" ", **fields)
    assert (status, "Bitte angeben, warum" in refused) == (422, True)
    assert office.post("/prozesse/umstellen", client=office.clerk, tun="umstellen", grund="Neu", **fields)[0] == 403
    done = office.post("/prozesse/umstellen", tun="umstellen", grund="Neue Frage", **fields)
    assert f"{running[1]} von {running[1]} Vorgängen umgestellt." in done[1]

    assert {one.version: one.running for one in _versions(office)} == {**running, 1: 0, version + 1: running[1]}
    with office.city.database.begin(office.tenant_id) as tx:
        moved = tx.execute(text("select p.uuid from history h join process_instance p on p.id = h.instance_id where h.kind = 'migrated'"))
        replayed = office.designer.get(f"/wiedergabe/{moved.scalars().first()}").get_data(as_text=True)
    assert "Nachgerechnet: identisch" in replayed
    assert "In eine andere Fassung umgestellt" in replayed


def test_a_mapping_that_cannot_be_is_told_on_the_page(office: Office) -> None:
    fields = {"kennung": "mahnung", "von": "1", "auf": "1", "tun": "probe"}
    with office.city.database.begin(office.tenant_id) as tx:
        source = tx.execute(text("select element_id from timer where tenant_id = :t limit 1"), {"t": office.tenant_id}).scalar_one()

    for wrong in ("gibt_es_nicht", "mahnung_noetig", "x" * 5000, "'; drop table"):
        status, page = office.post("/prozesse/umstellen", **fields, **{f"ziel:{source}": wrong})
        assert status == 422
        assert "Die Zuordnung passt nicht" in page


def test_a_deployment_nobody_uses_is_taken_back_and_one_in_use_tells_why_not(office: Office) -> None:
    mistaken = office.put(rest_pruefen__form=changed("rest_pruefen.form", ("Was geschieht mit dem Rest?", "Versehen")))
    number = office.latest("form", "rest_pruefen").version
    where = f"/prozesse/bereitstellung/{mistaken}"

    assert "Niemand benutzt sie." in office.clerk.get(where).get_data(as_text=True)
    assert office.post(f"{where}/zuruecknehmen", client=office.clerk, grund="x")[0] == 403
    assert office.post(f"{where}/zuruecknehmen", grund="")[0] == 422
    status, page = office.post(f"{where}/zuruecknehmen", grund="Aus Versehen")
    assert (status, f"rest_pruefen Fassung {number} (es gilt wieder {number - 1})" in page) == (200, True)
    assert "Aus Versehen" in page
    assert "Zurückgenommen von" in office.clerk.get(where).get_data(as_text=True)
    assert office.post(f"{where}/zuruecknehmen", grund="noch einmal")[0] == 409

    first = next(one for one in _versions(office) if one.version == 1).deployment
    told = office.clerk.get(f"/prozesse/bereitstellung/{first}").get_data(as_text=True)
    assert "kann nicht zurückgenommen werden" in told
    assert office.post(f"/prozesse/bereitstellung/{first}/zuruecknehmen", grund="x")[0] == 409
    assert office.clerk.get("/prozesse/bereitstellung/11111111-2222-3333-4444-555555555555").status_code == 404


def test_legal_values_and_names_are_those_of_the_version_before_once_a_table_and_a_diagram_are_taken_back(office: Office) -> None:
    mistaken = office.put(
        kleinbetrag__dmn=changed("kleinbetrag.dmn", ("<text>10.00", "<text>77.77")),
        uebernahme__bpmn=changed("uebernahme.bpmn", ('name="Übernahme in die Vollstreckung"', 'name="Falscher Name"')),
    )
    assert "77.77" in office.clerk.get("/rechtswerte").get_data(as_text=True)
    assert _name(office) == "Falscher Name"

    status, _ = office.post(f"/prozesse/bereitstellung/{mistaken}/zuruecknehmen", grund="Versehen")

    assert status == 200
    assert "77.77" not in office.clerk.get("/rechtswerte").get_data(as_text=True)
    assert _name(office) != "Falscher Name"


def _name(office: Office) -> str:
    with office.city.database.begin(office.tenant_id) as tx:
        return deployments.process_names(tx, office.tenant_id)["uebernahme"]


def _versions(office: Office) -> list[versions.Version]:
    with office.city.database.begin(office.tenant_id) as tx:
        return versions.all_of(tx, office.tenant_id, kind="bpmn", key="mahnung")
