"""A designer tries models in a world of their own, walks through them on the pages, and saves the walk as a scenario that passes."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from api import model_files, scenario_tests, trials
from processes import scenarios
from tests import sample_files
from tests.api.conftest import City
from tests.engine.spiff.bpmn import chain, file, flow, job, node, process, timer, user

CLAIM = (
    "mandant;kassenzeichen;op_nr;forderungsart;bescheid_vom;faellig_am;betrag;schuldner_nr;rechtsform;nachname;vorname;strasse;hausnummer;plz;ort;land\r\n"
    "detmold;DE55;1;Grundsteuer B;15.01.2026;15.08.2026;248,37;S55;nat;Muster;Mara;Lange Straße;1;32756;Detmold;DE"
).encode()


class Walker:
    """A designer's client inside a trial."""

    def __init__(self, city: City, client: FlaskClient) -> None:
        self.city, self.client = city, client

    def post(self, address: str, **form: object) -> str:
        page = self.client.get("/probelauf").get_data(as_text=True)
        token = re.search(r'name="token" value="([^"]+)"', page)
        assert token is not None, page
        answer = self.client.post(address, data={"token": token.group(1), **form}, follow_redirects=True)
        assert answer.status_code < 400, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    def page(self) -> str:
        return self.client.get("/probelauf").get_data(as_text=True)

    def link(self, pattern: str) -> str:
        found = re.search(pattern, self.page())
        assert found is not None, self.page()
        return found.group(1)

    def saved(self, folder: Path) -> scenarios.Scenario:
        content = self.client.get("/probelauf/szenario.yaml").get_data()
        path = folder / "probe" / "scenarios" / "gang.yaml"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        return scenarios.read(path)


@pytest.fixture
def walker(city: City) -> Iterator[Walker]:
    made = Walker(city, city.client("dora"))
    yield made
    with city.database.look() as tx:
        for world_id in tx.execute(text("select world_id from trial where ended_at is null")).scalars().all():
            trials.close(tx, world_id)


def own_diagram() -> bytes:
    """A process with a job for a program outside, a timer, a gateway and a task without a form."""
    body = (
        node("startEvent", "start") + job("rechnen", "fremdes_programm") + node("intermediateCatchEvent", "warten", timer("timeDate", "=warten_bis"))
        + node("exclusiveGateway", "hoch", default="nein") + user("ansehen") + node("endEvent", "ende") + node("endEvent", "ende_hoch")
        + chain("start", "rechnen", "warten", "hoch") + flow("hoch", "ansehen", "ergebnis > 100") + flow("hoch", "ende", key="nein")
        + chain("ansehen", "ende_hoch")
    )  # fmt: skip
    return file(process(body, key="probe"))


def replayed(city: City, scenario: scenarios.Scenario, extra: dict[str, bytes]) -> list[str]:
    files = {**model_files.own(), **extra}
    return scenario_tests.play(city.database, scenario, files, world=f"Gang {scenario.title} {id(scenario)}").faults


def test_a_walk_through_an_own_diagram_becomes_a_scenario_that_passes(city: City, walker: Walker, tmp_path: Path) -> None:
    upload = {"dateien": (io.BytesIO(own_diagram()), "probe.bpmn"), "ohne_forderungen": "1", "titel": "Eigenes Diagramm"}
    walker.post("/probelauf", **upload)
    walker.post("/probelauf/starten", prozess="probe", schluessel="P1", variablen='{warten_bis: date("2026-09-01"), art: "konto"}')
    walker.post(walker.link(r'action="(/probelauf/auftrag/[^"]+)"'), ergebnis="{ergebnis: 150.25}")
    assert "ansehen" not in walker.page().split("Vorgänge und ihre Werte")[0]
    walker.post("/probelauf/uhr", naechstes="1")
    assert "ergebnis" in walker.page()
    walker.post(walker.link(r'href="(/aufgaben/[^"]+)"'), daten="{}")

    scenario = walker.saved(tmp_path)

    assert [act.kind for act in scenario.acts] == ["starten", "auftrag", "aufgabe"]
    assert scenario.acts[0].what["variablen"]["warten_bis"] == date(2026, 9, 1)
    assert scenario.then["prozesse"] == {"probe": "beendet"}
    assert replayed(city, scenario, {"probe.bpmn": own_diagram()}) == []


def test_a_chosen_file_is_kept_in_the_scenario_by_its_name(city: City, walker: Walker, tmp_path: Path) -> None:
    form = {"id": "mit_datei", "type": "default", "schemaVersion": 19, "components": [
        {"id": "f1", "type": "filepicker", "key": "beleg", "label": "Beleg", "validate": {"required": True}},
    ]}  # fmt: skip
    task = node("userTask", "angeben", camunda_formRef="mit_datei", camunda_formRefBinding="deployment")
    diagram = file(process(node("startEvent", "s") + task + node("endEvent", "e") + chain("s", "angeben", "e"), key="probe"))
    models = {"probe.bpmn": diagram, "mit_datei.form": json.dumps(form).encode()}
    upload = {"dateien": [(io.BytesIO(content), name) for name, content in models.items()], "ohne_forderungen": "1", "titel": "Datei"}
    walker.post("/probelauf", **upload)
    walker.post("/probelauf/starten", prozess="probe", schluessel="P1", variablen="{}")
    chosen = json.dumps({"beleg": [{"documentId": "files::n1", "metadata": {"fileName": "bescheid.pdf"}}]})
    task_page = walker.link(r'href="(/aufgaben/[^"]+)"')
    token = re.search(r'name="token" value="([^"]+)"', walker.page())
    assert token is not None
    sent = {"token": token.group(1), "daten": chosen, "files::n1": (io.BytesIO(sample_files.PDF), "bescheid.pdf")}

    answer = walker.client.post(task_page, data=sent, headers={"X-Formular": "bleibt"})

    assert (answer.status_code, answer.headers["Location"]) == (204, "/aufgaben")
    scenario = walker.saved(tmp_path)
    assert scenario.acts[1].form == {"beleg": ["datei:bescheid.pdf"]}
    assert replayed(city, scenario, models) == []


def test_of_two_jobs_of_a_topic_the_scenario_ends_the_one_that_was_ended(city: City, walker: Walker, tmp_path: Path) -> None:
    walker.post("/probelauf", dateien=(io.BytesIO(own_diagram()), "probe.bpmn"), ohne_forderungen="1", titel="Zwei Aufträge")
    for key, day in (("P1", "2026-12-01"), ("P2", "2026-09-01")):
        walker.post("/probelauf/starten", prozess="probe", schluessel=key, variablen=f'{{warten_bis: date("{day}")}}')
    walker.post(re.findall(r'action="(/probelauf/auftrag/[^"]+)"', walker.page())[1], ergebnis="{ergebnis: 150.25}")
    walker.post("/probelauf/uhr", naechstes="1")
    walker.post(walker.link(r'href="(/aufgaben/[^"]+)"'), daten="{}")

    scenario = walker.saved(tmp_path)

    assert scenario.acts[2].target == "P2"
    assert replayed(city, scenario, {"probe.bpmn": own_diagram()}) == []


def test_the_saved_scenario_notices_a_changed_diagram(city: City, walker: Walker, tmp_path: Path) -> None:
    walker.post("/probelauf", dateien=(io.BytesIO(own_diagram()), "probe.bpmn"), ohne_forderungen="1", titel="Grenze")
    walker.post("/probelauf/starten", prozess="probe", schluessel="P1", variablen='{warten_bis: date("2026-09-01")}')
    walker.post(walker.link(r'action="(/probelauf/auftrag/[^"]+)"'), ergebnis="{ergebnis: 150.25}")
    walker.post("/probelauf/uhr", bis="2026-09-02")
    scenario = walker.saved(tmp_path)

    changed = own_diagram().replace(b"ergebnis &gt; 100", b"ergebnis &gt; 200")

    assert changed != own_diagram()
    assert any("ansehen" in fault for fault in replayed(city, scenario, {"probe.bpmn": changed}))


def test_scenario_s01_walked_on_the_pages_is_saved_and_passes_to_the_cent(city: City, walker: Walker, tmp_path: Path) -> None:
    walker.post("/probelauf", forderungen=(io.BytesIO(CLAIM), "f.csv"), titel="S01 auf den Seiten")
    walker.post("/probelauf/uhr", bis="2026-09-02")
    walker.post("/mahnlauf")
    walker.post("/probelauf/uhr", bis="2026-09-25")
    walker.post("/akten/zahlung", bezug="DE55", betrag="257,37 €", wertstellung="2026-09-25", art="ueberweisung")
    walker.post("/probelauf/uhr", bis="2026-10-01")

    scenario = walker.saved(tmp_path)

    assert [act.kind for act in scenario.acts][:2] == ["mahnlauf", "zahlung"]
    assert str(scenario.then["konto"]["DE55"]["gesamt"]) == "2.00"
    assert [letter["vorlage"] for letter in scenario.then["schreiben"]] == ["mahnung"]
    assert scenario.then["aufgaben"] == ["kleinbetrag_pruefen"]
    assert replayed(city, scenario, {}) == []


def test_a_line_of_the_claims_file_that_was_refused_is_not_kept_in_the_scenario(walker: Walker, tmp_path: Path) -> None:
    content = CLAIM + CLAIM.partition(b"\r\n")[1] + CLAIM.partition(b"\r\n")[2].replace(b"DE55", b"DE56").replace(b"248,37", b"viel")

    walker.post("/probelauf", forderungen=(io.BytesIO(content), "f.csv"), titel="Abgewiesen")

    assert [row["kassenzeichen"] for row in walker.saved(tmp_path).claims] == ["DE55"]


def test_a_hold_an_objection_and_a_task_with_a_form_are_kept_in_the_words_of_the_scenario(
    city: City, walker: Walker, tmp_path: Path
) -> None:
    walker.post("/probelauf", forderungen=(io.BytesIO(CLAIM), "f.csv"), titel="Einwendung")
    walker.post("/probelauf/uhr", bis="2026-09-02")
    walker.post("/mahnlauf")
    page = walker.client.get("/akten?suche=DE55").get_data(as_text=True)
    found = re.search(r"/akten/forderung/([0-9a-f-]{36})", page)
    assert found is not None
    walker.post("/akten/einwendung", forderung=found.group(1), text="Das Grundstück ist verkauft.")
    walker.post("/probelauf/uhr", bis="2026-09-08")
    walker.post(
        walker.link(r'href="(/aufgaben/[^"]+)"'),
        daten='{"mit_sperre": true, "sperren_bis": "2026-12-31", "stellungnahme": "Kaufvertrag liegt bei."}',
    )

    scenario = walker.saved(tmp_path)

    assert [act.kind for act in scenario.acts] == ["mahnlauf", "einwendung", "aufgabe"]
    assert scenario.acts[2].form["stellungnahme"] == "Kaufvertrag liegt bei."
    assert replayed(city, scenario, {}) == []


def test_a_trial_never_touches_the_world_it_came_from(city: City, walker: Walker) -> None:
    def counted() -> tuple[int, int]:
        with city.database.begin(city.seeded.tenants["detmold"]) as tx:
            definitions = text("select count(*) from definition where world_id = :w")
            instances = tx.execute(text("select count(*) from process_instance")).scalar_one()
            return instances, tx.execute(definitions, {"w": city.seeded.world_id}).scalar_one()

    before = counted()

    walker.post("/probelauf", dateien=(io.BytesIO(own_diagram()), "probe.bpmn"), titel="Getrennt")
    walker.post("/probelauf/uhr", bis="2026-12-01")
    walker.post("/probelauf/beenden")

    assert counted() == before
    assert "Probelauf beginnen" in walker.page()


def test_a_broken_model_begins_no_trial_and_tells_every_finding(city: City, walker: Walker) -> None:
    page = walker.client.get("/probelauf").get_data(as_text=True)
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    broken = own_diagram().replace(b"ergebnis &gt; 100", b"ergebnis &gt;")

    answer = walker.client.post("/probelauf", data={"token": token.group(1), "dateien": (io.BytesIO(broken), "probe.bpmn")})

    assert answer.status_code == 422
    assert "Bedingung" in answer.get_data(as_text=True)
    with city.database.look() as tx:
        assert tx.execute(text("select count(*) from trial where ended_at is null")).scalar_one() == 0


def test_what_is_done_as_a_second_person_is_kept_as_the_second_persons(walker: Walker, tmp_path: Path) -> None:
    walker.post("/probelauf", dateien=(io.BytesIO(own_diagram()), "probe.bpmn"), ohne_forderungen="1", titel="Personen")
    walker.post("/probelauf/starten", prozess="probe", schluessel="P1", variablen='{warten_bis: date("2026-09-01")}')
    walker.post(walker.link(r'action="(/probelauf/auftrag/[^"]+)"'), ergebnis="{ergebnis: 150.25}")
    walker.post("/probelauf/uhr", naechstes="1")

    walker.post("/probelauf/person", zweite="1")
    assert "als <strong>zweite Person" in walker.page()
    walker.post(walker.link(r'href="(/aufgaben/[^"]+)"'), daten="{}")
    walker.post("/probelauf/person")

    assert "als <strong>zweite Person" not in walker.page()
    assert [act.role for act in walker.saved(tmp_path).acts] == [None, None, "zweite_person"]


@pytest.mark.parametrize(
    ("address", "form", "said"),
    [
        ("/probelauf/starten", {"prozess": "mahnung", "variablen": "{a: "}, "nicht lesbar"),
        ("/probelauf/starten", {"prozess": "mahnung", "variablen": "5"}, "Werte mit Namen"),
        ("/probelauf/starten", {"prozess": "gibt_es_nicht"}, "gibt es"),
        ("/probelauf/uhr", {"bis": "morgen"}, "kein Datum"),
        ("/probelauf/uhr", {"bis": "2026-08-01"}, "geht nur vorwärts"),
        ("/probelauf/uhr", {"bis": "2099-01-01"}, "höchstens fünf Jahre"),
        ("/probelauf/nachricht", {"name": "x"}, "Bitte ausfüllen"),
    ],
)
def test_what_is_typed_wrong_is_told_in_german(walker: Walker, address: str, form: dict[str, str], said: str) -> None:
    walker.post("/probelauf", titel="Falsch", ohne_forderungen="1")
    token = re.search(r'name="token" value="([^"]+)"', walker.page())
    assert token is not None

    answer = walker.client.post(address, data={"token": token.group(1), **form})

    assert 400 <= answer.status_code < 500
    assert said in answer.get_data(as_text=True)
    assert "Einen Prozess starten" in answer.get_data(as_text=True), "the page of the trial itself tells it"


def test_what_was_typed_to_start_a_process_is_still_there_when_it_was_refused(walker: Walker) -> None:
    walker.post("/probelauf", titel="Vertippt", ohne_forderungen="1")
    token = re.search(r'name="token" value="([^"]+)"', walker.page())
    assert token is not None

    typed = {"prozess": "mahnung", "schluessel": "M-77", "variablen": "{betrag: 84,50}"}
    page = walker.client.post("/probelauf/starten", data={"token": token.group(1), **typed}).get_data(as_text=True)

    assert 'value="M-77"' in page
    assert "{betrag: 84,50}</textarea>" in page
    assert '<option value="mahnung" selected>' in page


def test_what_may_come_from_outside_does_not_bury_what_waits_for_the_designer(walker: Walker) -> None:
    walker.post("/probelauf", forderungen=(io.BytesIO(CLAIM), "f.csv"), titel="Übersicht")

    page = walker.page()

    waits = page.split('aria-label="Was jetzt wartet"')[1].split("</table>")[0]
    outside = page.split('aria-label="Was von außen kommen kann"')[1].split("</table>")[0]
    assert "<td>Frist</td>" in waits
    assert "<td>Nachricht</td>" not in waits
    assert "zahlung_eingegangen" in outside
    assert "<td>Frist</td>" not in outside


def test_a_trial_that_nobody_ended_ends_when_the_next_one_begins_a_week_later(city: City, walker: Walker) -> None:
    walker.post("/probelauf", titel="Vergessen", ohne_forderungen="1")
    lena = Walker(city, city.client("lena"))
    lena.post("/probelauf", titel="Am selben Tag", ohne_forderungen="1")
    assert _running(city) == ["Vergessen", "Am selben Tag"]
    with city.database.look() as tx:
        tx.execute(text("update trial set started_at = started_at - interval '8 days' where title = 'Vergessen'"))

    lena.post("/probelauf", titel="Eine Woche später", ohne_forderungen="1")

    assert _running(city) == ["Eine Woche später"]
    assert "/anmelden" in walker.client.get("/probelauf").headers["Location"]
    assert "Probelauf beginnen" in city.client("dora").get("/probelauf").get_data(as_text=True)


def _running(city: City) -> list[str]:
    with city.database.look() as tx:
        return list(tx.execute(text("select title from trial where ended_at is null order by started_at")).scalars())


def test_too_many_files_are_refused_instead_of_left_out(walker: Walker) -> None:
    token = re.search(r'name="token" value="([^"]+)"', walker.page())
    assert token is not None

    for address in ("/probelauf", "/prozesse/pruefen"):
        files = [(io.BytesIO(own_diagram()), f"{number}.bpmn") for number in range(model_files.MAX_FILES + 1)]
        answer = walker.client.post(address, data={"token": token.group(1), "dateien": files})
        assert answer.status_code == 422
        assert "höchstens 500" in answer.get_data(as_text=True)


def test_outside_a_trial_its_acts_are_refused(walker: Walker) -> None:
    token = re.search(r'name="token" value="([^"]+)"', walker.page())
    assert token is not None

    for address in ("/probelauf/starten", "/probelauf/uhr", "/probelauf/person", "/probelauf/signal"):
        assert walker.client.post(address, data={"token": token.group(1), "prozess": "mahnung", "name": "x"}).status_code == 403
