"""What an experienced designer of Camunda 7 and 8 draws, saved by the Modeler, runs as drawn."""

from __future__ import annotations

import pytest

from tests.api.rest import walking
from tests.api.rest.conftest import Office


@pytest.mark.parametrize("walk", walking.all_walks(), ids=lambda walk: walk.name)
def test_a_model_runs_as_drawn(office: Office, walk: walking.Walk) -> None:
    walking.walk(office, walk)
