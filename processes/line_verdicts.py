"""The verdict on each line of a claims file: accepted, duplicate of one before, or rejected with its faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, select

from processes import claim_files, claim_lines
from processes.casefile import debtors, tables

ACCEPTED, REJECTED, DUPLICATE = "angenommen", "abgewiesen", "doppelt"
_LOOKUP = 2000

Stored = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`key`: what the line is about, unique among accepted lines; `parsed`: its content as stored."""

    line: claim_files.TextLine
    verdict: str
    key: str | None = None
    parsed: Stored | None = None
    faults: tuple[claim_lines.Fault, ...] = ()


def of_claims(tx: Connection, tenant_id: int, lines: Sequence[claim_files.TextLine], *, slug: str, today: date) -> list[Verdict]:
    """Return the verdicts in order. A key seen before, in this file or an earlier one, is a duplicate or a conflict."""
    read = [(line, claim_lines.read_claim(line, tenant=slug, today=today)) for line in lines]
    good = [claim for _, claim in read if isinstance(claim, claim_lines.ClaimLine)]
    accepted = _accepted(tx, tenant_id, "forderungen", [claim.key for claim in good])
    people = _people(tx, tenant_id, {claim.schuldner_nr for claim in good})
    verdicts = []
    for line, claim in read:
        if not isinstance(claim, claim_lines.ClaimLine):
            verdicts.append(Verdict(line, REJECTED, faults=claim))
            continue
        verdict = _against_earlier(line, claim.key, claim_lines.as_stored(claim), accepted)
        other = people.get(claim.schuldner_nr) if verdict.verdict == ACCEPTED else None
        faults = _other_person(claim, other) if other else ()
        if faults:
            verdict = Verdict(line, REJECTED, claim.key, None, faults)
        elif verdict.verdict == ACCEPTED:
            accepted[claim.key] = claim_lines.as_stored(claim)
            people.setdefault(claim.schuldner_nr, _identity(claim))
        verdicts.append(verdict)
    return verdicts


def of_joint_debtors(tx: Connection, tenant_id: int, lines: Sequence[claim_files.TextLine], *, slug: str, today: date) -> list[Verdict]:
    """Return the verdicts on further debtors: their claim and their number must be known from a claims file."""
    read = [(line, claim_lines.read_joint_debtor(line, tenant=slug, today=today)) for line in lines]
    good = [joint for _, joint in read if isinstance(joint, claim_lines.JointLine)]
    known_claims = _accepted(tx, tenant_id, "forderungen", [joint.key for joint in good])
    known_numbers = _people(tx, tenant_id, {joint.schuldner_nr for joint in good})
    accepted = _accepted(tx, tenant_id, "gesamtschuldner", [_joint_key(joint) for joint in good])
    verdicts = []
    for line, joint in read:
        if not isinstance(joint, claim_lines.JointLine):
            verdicts.append(Verdict(line, REJECTED, faults=joint))
            continue
        faults = _joint_faults(joint, known_claims.get(joint.key), joint.schuldner_nr in known_numbers)
        if faults:
            verdicts.append(Verdict(line, REJECTED, _joint_key(joint), None, faults))
            continue
        verdict = _against_earlier(line, _joint_key(joint), claim_lines.as_stored(joint), accepted)
        if verdict.verdict == ACCEPTED:
            accepted[_joint_key(joint)] = claim_lines.as_stored(joint)
        verdicts.append(verdict)
    return verdicts


def _against_earlier(line: claim_files.TextLine, key: str, stored: Stored, accepted: Mapping[str, Stored]) -> Verdict:
    before = accepted.get(key)
    if before is None:
        return Verdict(line, ACCEPTED, key, stored)
    different = claim_lines.differences(before, stored)
    if not different:
        return Verdict(line, DUPLICATE, key, stored)
    faults = tuple(
        claim_lines.Fault(column, new, f"Widerspruch zum Bestand unter {key}: dort „{old}“, hier „{new}“.")
        for column, old, new in different
    )
    return Verdict(line, REJECTED, key, None, faults)


def _accepted(tx: Connection, tenant_id: int, kind: str, keys: Sequence[str]) -> dict[str, Stored]:
    c = tables.claims_line.c
    found: dict[str, Stored] = {}
    for start in range(0, len(keys), _LOOKUP):
        wanted = (c.tenant_id == tenant_id, c.kind == kind, c.verdict == ACCEPTED, c.line_key.in_(keys[start : start + _LOOKUP]))
        found |= {row.line_key: row.parsed for row in tx.execute(select(c.line_key, c.parsed).where(*wanted))}
    return found


Identity = tuple[str | None, str | None, str | None, str | None]  # last name, first name, firm, birth date as ISO text


def _people(tx: Connection, tenant_id: int, numbers: Iterable[str]) -> dict[str, Identity]:
    """Return who stands behind the numbers, from debtors and from accepted lines that wait to be taken over."""
    wanted, found, c = sorted(numbers), {}, tables.claims_line.c
    number = c.parsed["schuldner_nr"].astext
    for start in range(0, len(wanted), _LOOKUP):
        part = wanted[start : start + _LOOKUP]
        waiting = select(c.parsed).where(
            c.tenant_id == tenant_id, c.kind == "forderungen", c.verdict == ACCEPTED, c.processed_at.is_(None), number.in_(part)
        )
        for row in tx.execute(waiting):
            found[row.parsed["schuldner_nr"]] = tuple(row.parsed[name] for name in ("nachname", "vorname", "firma", "geburtsdatum"))
        for known, debtor in debtors.by_numbers(tx, tenant_id, part).items():
            person = debtor.person
            found[known] = (person.last_name, person.first_name, person.company, person.born_on.isoformat() if person.born_on else None)
    return found


def _identity(claim: claim_lines.ClaimLine) -> Identity:
    return claim.nachname, claim.vorname, claim.firma, claim.geburtsdatum.isoformat() if claim.geburtsdatum else None


def _other_person(claim: claim_lines.ClaimLine, known: Identity) -> tuple[claim_lines.Fault, ...]:
    """Return the fault of a number that stands for someone else: another birth date, both names different, or another firm."""
    last_name, first_name, company, born_on = _identity(claim)
    both_born = born_on and known[3]
    names_differ = last_name != known[0] and first_name != known[1]
    firms_differ = bool(company and known[2]) and company != known[2]
    if not (born_on != known[3] if both_born else names_differ) and not firms_differ:
        return ()
    there = " ".join(part for part in (known[1], known[0], known[2], known[3]) if part)
    here = " ".join(part for part in (first_name, last_name, company, born_on) if part)
    reason = f"Die Schuldnernummer gehört im Bestand zu einer anderen Person: dort „{there}“, hier „{here}“."
    return (claim_lines.Fault("schuldner_nr", claim.schuldner_nr, reason),)


def _joint_key(joint: claim_lines.JointLine) -> str:
    return f"{joint.key}/{joint.schuldner_nr}"


def _joint_faults(joint: claim_lines.JointLine, claim: Stored | None, is_known: bool) -> tuple[claim_lines.Fault, ...]:
    if claim is None:
        return (claim_lines.Fault("kassenzeichen", joint.kassenzeichen, f"Die Forderung {joint.key} ist nicht im Bestand."),)
    if not is_known:
        return (claim_lines.Fault("schuldner_nr", joint.schuldner_nr, "Dieser Schuldner ist nicht im Bestand."),)
    if claim["schuldner_nr"] == joint.schuldner_nr:
        return (claim_lines.Fault("schuldner_nr", joint.schuldner_nr, "ist schon der Schuldner dieser Forderung."),)
    return ()
