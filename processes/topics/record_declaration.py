"""Record the declaration of the third party: the five answers, or that none came."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine import jobs
from engine.protocol import Variables
from processes import given, parameters
from processes.casefile import measures, seizures


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Store the answers; no variables. Law: § 316 Abs. 1 AO, § 840 Abs. 1 ZPO."""
    variables = job.variables
    measure = measures.find(tx, job.tenant_id, given.uuid(variables, "massnahme_kennung"))
    note = given.optional_text(variables, "erklaerung_vermerk")
    if given.text(variables, "erklaerung") != "eingegangen":
        seizures.record_declaration(tx, measure, {"acknowledged": "keine_erklaerung", "note": note}, now=now)
        return {}
    accounts = given.texts(variables, "kontoart")
    is_account = measure.seizure_kind == "konto"
    answers = {
        "received_on": given.day(variables, "erklaerung_am"),
        "acknowledged": given.text(variables, "anerkannt"),
        "acknowledged_cent": given.optional_cent(variables, "anerkannter_betrag"),
        "others_claim": given.text(variables, "andere_ansprueche") == "ja",
        "seized_before": given.text(variables, "vorpfaendung") == "ja",
        "seized_before_cent": given.optional_cent(variables, "vorpfaendung_betrag"),
        "exempted_907": given.text(variables, "unpfaendbar_907") == "ja" if is_account else None,
        "protected_account": "p_konto" in accounts if is_account else None,
        "joint_account": "gemeinschaftskonto" in accounts if is_account else None,
        "note": note,
    }
    seizures.record_declaration(tx, measure, answers, now=now)
    return {}


TOPIC = jobs.Topic(
    name="record_declaration",
    label="Drittschuldnererklärung festhalten",
    purpose="Hält die fünf Antworten des Drittschuldners fest, oder dass keine kam.",
    inputs=(
        parameters.MASSNAHME,
        jobs.Parameter("erklaerung", "Erklärung", "eingegangen oder nicht_abgegeben."),
        jobs.Parameter("erklaerung_am", "Eingegangen am", "Tag des Eingangs; nötig, wo sie eingegangen ist.", is_optional=True),
        jobs.Parameter("anerkannt", "Anerkannt", "ja, teilweise oder nein; nötig, wo sie eingegangen ist.", is_optional=True),
        jobs.Parameter("anerkannter_betrag", "Anerkannter Betrag", "Betrag in Euro; leer: nicht beziffert.", is_optional=True),
        jobs.Parameter("andere_ansprueche", "Andere Ansprüche", "ja oder nein; nötig, wo sie eingegangen ist.", is_optional=True),
        jobs.Parameter("vorpfaendung", "Vorpfändung", "ja oder nein; nötig, wo sie eingegangen ist.", is_optional=True),
        jobs.Parameter("vorpfaendung_betrag", "Betrag der Vorpfändung", "Betrag in Euro; leer: nicht beziffert.", is_optional=True),
        jobs.Parameter("unpfaendbar_907", "Unpfändbar (§ 907 ZPO)", "ja oder nein; nötig bei einem Konto.", is_optional=True),
        jobs.Parameter(
            "kontoart", "Art des Kontos", "Liste aus p_konto und gemeinschaftskonto; leer: ein gewöhnliches Konto.", is_optional=True
        ),
        jobs.Parameter("erklaerung_vermerk", "Vermerk", "Notiz aus dem Formular.", is_optional=True),
    ),
    outputs=(),
    record=record,
)
