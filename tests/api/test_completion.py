"""What of a checked form reaches the process: references instead of free text, wherever in the form it was typed."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

import forms
from api import completion
from engine import clock
from tests.api.conftest import City

KEPT = f"notiz:{UUID(int=7)}"
GROUND = {"type": "textarea", "id": "t", "key": "grund", "label": "Grund"}
ROWS = {"type": "dynamiclist", "id": "l", "path": "posten", "components": [GROUND]}


def group(*components: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"type": "group", "id": "g", "components": components, **more}


@pytest.mark.parametrize(
    ("component", "values"),
    [
        (GROUND, {"grund": "Müller zog weg"}),
        (GROUND, {"grund": "notiz: Müller zog weg"}),
        (GROUND | {"key": "umzug.grund"}, {"umzug": {"grund": "Müller zog weg"}}),
        (group(GROUND), {"grund": "Müller zog weg"}),
        (group(GROUND, path="umzug"), {"umzug": {"grund": "Müller zog weg"}}),
        (ROWS, {"posten": [{"grund": "Müller zog weg"}]}),
        (group(ROWS, path="umzug"), {"umzug": {"posten": [{"grund": "Müller zog weg"}, {"grund": None}]}}),
    ],
    ids=["field", "begins like a reference", "key with a point", "group", "group with a path", "row", "row in a group with a path"],
)
def test_free_text_stays_in_the_case_file_and_the_process_gets_a_reference(
    city: City, component: dict[str, Any], values: dict[str, object]
) -> None:
    drawn = forms.read(json.dumps({"id": "f", "schemaVersion": 19, "components": [component]}).encode())
    detmold = city.seeded.tenants["detmold"]

    with city.database.begin(detmold) as tx:
        kept = completion.kept(
            tx, drawn, values, tenant_id=detmold, label="Aufgabe", business_key="K", by="anna", now=clock.now(tx, detmold)
        )

    assert "Müller" not in str(kept)
    assert "notiz:" in str(kept)
    assert kept.keys() == values.keys()


def test_a_reference_that_is_there_already_stays(city: City) -> None:
    drawn = forms.read(json.dumps({"id": "f", "schemaVersion": 19, "components": [GROUND]}).encode())
    detmold = city.seeded.tenants["detmold"]

    with city.database.begin(detmold) as tx:
        kept = completion.kept(
            tx, drawn, {"grund": KEPT}, tenant_id=detmold, label="Aufgabe", business_key="K", by="anna", now=clock.now(tx, detmold)
        )

    assert kept == {"grund": KEPT}
