"""Element templates for Camunda Modeler: how to set them up, the files, and what each building block takes and gives."""

from __future__ import annotations

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from api import element_templates, wiring
from api.element_templates import computations, writing
from api.rest import entrance
from engine import errors, jobs

bp = Blueprint("element_templates_page", __name__)


@bp.get(element_templates.PAGE)
def show() -> ResponseReturnValue:
    topics = sorted(wiring.all_topics().values(), key=lambda topic: topic.label.casefold())
    made = computations.all_computations()
    return render_template(
        "elementvorlagen.html", topics=topics, fuer=_called_for, rechnungen=made, plattformen=element_templates.PLATFORM_NAMES,
        orte=writing.PLACES,
    )  # fmt: skip


def _called_for(topic: jobs.Topic, value: str) -> list[jobs.Parameter]:
    """Return the inputs that one value of the choosing input calls for."""
    return [one for one in topic.inputs if value in one.only_for]


@bp.get(f"{element_templates.PAGE}/<platform>.json")
def download(platform: str) -> ResponseReturnValue:
    if platform not in element_templates.PLATFORMS:
        raise errors.NotFound(f"Elementvorlagen gibt es für {' und '.join(element_templates.PLATFORMS)}. Bitte die Adresse prüfen.")
    response = Response(element_templates.content(platform, entrance.base_url()), content_type="application/json")
    response.headers["Content-Disposition"] = f'attachment; filename="{element_templates.filename(platform)}"'
    return response
