"""Topic `dispatch_letter`: order a letter from the case file of the day; it is printed afterwards from what was frozen here.

Nothing is posted on the ledger. The letters of one job and the step that ordered them are one transaction: exactly once. In a
Mahnlauf the claims of one debtor share a letter; the last of them to arrive orders it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from engine import errors, jobs
from engine.protocol import Variables
from processes import given, parameters, runs
from processes.casefile import claim_letters, claims, letter_parts, letters, measure_letters, timeline

BERLIN = ZoneInfo("Europe/Berlin")
Writer = Callable[[Connection, jobs.Job, UUID, date], Sequence[letter_parts.Content]]


def record(tx: Connection, job: jobs.Job, result: object, now: datetime) -> Variables:
    """Order the letters of the job and note them in the timeline; return the letter's id and its day."""
    template = given.text(job.variables, "vorlage")
    if template not in WRITERS:
        raise errors.Incident(f"Für die Vorlage „{template}“ sind keine Inhalte bekannt. Vorhanden: {', '.join(sorted(WRITERS))}.")
    _, write = WRITERS[template]
    today = now.astimezone(BERLIN).date()
    wanted = given.optional_text(job.variables, "schreiben_id")
    letter_uuid = given.uuid(job.variables, "schreiben_id") if wanted else job.id
    for content in write(tx, job, letter_uuid, today):
        ordered = letters.order(
            tx, job.tenant_id, content.letter_uuid(letter_uuid), template=template, bundle_id=job.bundle_id, subject=content.subject,
            inputs=content.inputs, claim_uuids=content.claim_uuids, case_number=content.case_number, measure_uuid=content.measure_uuid, now=now,
        )  # fmt: skip
        if ordered:
            _note(tx, job, content, letter_uuid, today, now)
    return {"schreiben_id": str(letter_uuid), "versandt_am": today}


def _note(tx: Connection, job: jobs.Job, content: letter_parts.Content, letter_uuid: UUID, today: date, now: datetime) -> None:
    source = str(content.letter_uuid(letter_uuid))
    if content.case_number is not None:
        timeline.add(tx, kind="schreiben", summary=f"{content.subject} versandt", effective_on=today, by=job.element_id, now=now,
                     case=(job.tenant_id, content.case_number), source=source)  # fmt: skip
        return
    for claim_uuid in content.claim_uuids:
        timeline.add(tx, kind="schreiben", summary=f"{content.subject} versandt", effective_on=today, by=job.element_id, now=now,
                     claim=claims.find(tx, claim_uuid), source=source)  # fmt: skip


def _mahnung(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    claim_uuid = given.uuid(job.variables, "forderung_id")
    in_run = given.optional_text(job.variables, "schreiben_id") is not None
    group = runs.arrive(tx, job.tenant_id, letter_uuid, claim_uuid) if in_run else [claim_uuid]
    if group is None:
        return []
    deadline_on = given.day(job.variables, "mahnfrist_bis")
    contents, dunned = claim_letters.mahnung(tx, job.tenant_id, group, deadline_on=deadline_on, today=today, again=not in_run)
    for uuid, debtor_ids in dunned.items():
        claims.set_dunned(tx, claims.find(tx, uuid), debtor_ids, posted_on=today, deadline_on=deadline_on)
    return contents


def _ankuendigung(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    number, deadline_on = given.text(job.variables, "fallnummer"), given.day(job.variables, "ankuendigung_frist_bis")
    return [claim_letters.ankuendigung(tx, job.tenant_id, number, _claims(job), deadline_on=deadline_on, today=today)]


def _rueckgabe(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    number, creditor = given.text(job.variables, "fallnummer"), given.text(job.variables, "glaeubiger")
    return [
        claim_letters.rueckgabe(tx, job.tenant_id, number, creditor, _claims(job), reason=given.text(job.variables, "grund"), today=today)
    ]


def _claims(job: jobs.Job) -> list[UUID]:
    return [given.uuid(row, "forderung_id") for row in given.contexts(job.variables, "forderungen")]


def _drittschuldner(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    return [measure_letters.order_to_third_party(tx, job.tenant_id, _measure(job), today)]


def _schuldner(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    served_on = given.optional_day(job.variables, "zugestellt_am")
    return [measure_letters.order_to_debtor(tx, job.tenant_id, _measure(job), today, served_on)]


def _erinnerung(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    due_on = given.optional_day(job.variables, "erklaerung_bis")
    return [measure_letters.reminder_to_third_party(tx, job.tenant_id, _measure(job), today, due_on)]


def _aenderung(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    limit_cent = given.optional_cent(job.variables, "hoechstbetrag")
    return [measure_letters.limit_to_third_party(tx, job.tenant_id, _measure(job), today, limit_cent)]


def _aufhebung(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    return [measure_letters.release_to_third_party(tx, job.tenant_id, _measure(job), today)]


def _auftrag(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    return [measure_letters.field_order(tx, job.tenant_id, _measure(job), today)]


def _niederschrift(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    return [measure_letters.record_of_visit(tx, job.tenant_id, _measure(job), given.uuid(job.variables, "besuch_id"), today)]


def _quittung(tx: Connection, job: jobs.Job, letter_uuid: UUID, today: date) -> Sequence[letter_parts.Content]:
    return [measure_letters.receipt(tx, job.tenant_id, _measure(job), given.text(job.variables, "quittung_nr"), today)]


def _measure(job: jobs.Job) -> UUID:
    return given.uuid(job.variables, "massnahme_id")


# By template: how designers call the letter, and who writes its contents.
WRITERS: Mapping[str, tuple[str, Writer]] = {
    "mahnung": ("Mahnung", _mahnung),
    "vollstreckungsankuendigung": ("Vollstreckungsankündigung", _ankuendigung),
    "rueckgabe_glaeubiger": ("Rückgabe an den Gläubiger", _rueckgabe),
    "pfaendung_drittschuldner": ("Pfändungsverfügung an den Drittschuldner", _drittschuldner),
    "pfaendung_schuldner": ("Pfändungsverfügung an den Schuldner", _schuldner),
    "drittschuldner_erinnerung": ("Erinnerung an die Drittschuldnererklärung", _erinnerung),
    "pfaendung_aenderung": ("Änderung der Pfändung", _aenderung),
    "pfaendung_aufhebung": ("Aufhebung der Pfändung", _aufhebung),
    "aussendienst_auftrag": ("Auftrag an den Außendienst", _auftrag),
    "niederschrift": ("Niederschrift über den Besuch", _niederschrift),
    "quittung": ("Quittung", _quittung),
}
ABOUT_CASES = ("mahnung", "vollstreckungsankuendigung", "rueckgabe_glaeubiger")
ABOUT_MEASURES = tuple(template for template in WRITERS if template not in ABOUT_CASES)
TOPIC = jobs.Topic(
    name="dispatch_letter",
    label="Schreiben versenden",
    purpose="Versendet einen Brief: Alle Angaben der Akte werden eingefroren und gedruckt; gebucht wird dabei nichts.",
    chosen_by="vorlage",
    inputs=(
        jobs.Parameter(
            "vorlage",
            "Vorlage",
            "Welches Schreiben versandt wird.",
            choices={template: label for template, (label, _) in WRITERS.items()},
            proposed="mahnung",
        ),
        replace(parameters.FORDERUNG, only_for=("mahnung",)),
        jobs.Parameter("mahnfrist_bis", "Mahnfrist bis", "Tag, bis zu dem zu zahlen ist.", only_for=("mahnung",)),
        jobs.Parameter(
            "schreiben_id",
            "Schreiben des Laufs",
            "Kennung, die der Mahnlauf vergibt; leer: ein einzelnes Schreiben, noch einmal versandt.",
            is_optional=True,
            only_for=("mahnung",),
        ),
        replace(parameters.FALLNUMMER, only_for=("vollstreckungsankuendigung", "rueckgabe_glaeubiger")),
        jobs.Parameter(
            "ankuendigung_frist_bis",
            "Frist bis",
            "Tag, bis zu dem der Schuldner noch zahlen kann.",
            only_for=("vollstreckungsankuendigung",),
        ),
        jobs.Parameter(
            "glaeubiger", "Gläubiger", "Kürzel der Stadt, die ihre Forderungen zurückbekommt.", only_for=("rueckgabe_glaeubiger",)
        ),
        jobs.Parameter("grund", "Grund", "Weshalb die Vollstreckung endet.", only_for=("rueckgabe_glaeubiger",)),
        jobs.Parameter(
            "forderungen",
            "Forderungen",
            "Liste von Kontexten mit forderung_id; leer: alle Forderungen des Falls.",
            is_optional=True,
            only_for=("vollstreckungsankuendigung", "rueckgabe_glaeubiger"),
        ),
        jobs.Parameter(
            "massnahme_id",
            "Maßnahme",
            "Kennung der Maßnahme, meist die Variable massnahme_kennung.",
            only_for=ABOUT_MEASURES,
            proposed="=massnahme_kennung",
        ),
        jobs.Parameter(
            "zugestellt_am",
            "Zugestellt am",
            "Tag, an dem die Verfügung dem Drittschuldner zugestellt wurde.",
            is_optional=True,
            only_for=("pfaendung_schuldner",),
            proposed="=zugestellt_am",
        ),
        jobs.Parameter(
            "erklaerung_bis",
            "Erklärung bis",
            "Tag, bis zu dem die Erklärung abzugeben war.",
            is_optional=True,
            only_for=("drittschuldner_erinnerung",),
            proposed="=erklaerung_bis",
        ),
        replace(parameters.HOECHSTBETRAG, is_optional=True, only_for=("pfaendung_aenderung",), proposed="=hoechstbetrag"),
        jobs.Parameter(
            "besuch_id", "Besuch", "Kennung des Besuchs, den „Besuch festhalten“ zurückgegeben hat.", only_for=("niederschrift",)
        ),
        replace(parameters.QUITTUNG, only_for=("quittung",)),
    ),
    outputs=(
        jobs.Parameter("schreiben_id", "Schreiben", "Kennung des Schreibens in der Akte."),
        jobs.Parameter("versandt_am", "Versandt am", "Tag, an dem das Schreiben zur Post geht."),
    ),
    record=record,
)
