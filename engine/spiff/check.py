"""All findings of diagrams at once: what cannot run, what would run otherwise than drawn, what nobody reaches or sets."""

from __future__ import annotations

from collections.abc import Mapping

from engine.protocol import Finding
from engine.spiff import model, reader
from engine.spiff.checks import bindings, choices, messages, nesting, people, references, scopes, thrown, variables
from engine.spiff.checks.gathered import Gathered, Known


def check(files: Mapping[str, bytes], known: Known, beside: Mapping[str, tuple[str, bytes]] | None = None) -> tuple[Finding, ...]:
    """As `of_read`, of files that nobody has read yet."""
    return of_read({file: reader.read(content, file, known.functions) for file, content in files.items()}, known, beside)


def of_read(
    files: Mapping[str, reader.ReadFile], known: Known, beside: Mapping[str, tuple[str, bytes]] | None = None
) -> tuple[Finding, ...]:
    """Return every finding of the .bpmn files; `known.processes` includes the processes of these files.

    beside: process -> (file, content) of diagrams that are deployed already; they are looked at together with the files, and nothing
    is told of them.
    """
    findings: list[Finding] = []
    owners: dict[str, tuple[str, model.Process]] = {}
    drawn = [(Gathered(file, known), process) for file, process in _deployed(beside or {}, known)]
    calls = {process.id: _called(process) for _, process in drawn}
    for file, read in files.items():
        findings += read.findings
        for process in read.model.processes if read.model is not None else ():
            if not process.executable:
                continue
            if process.id in owners:
                message = f"Den Prozess „{process.id}“ gibt es auch in {owners[process.id][0]}."
                findings.append(Finding(file, process.line, process.id, process.name, message, "Bitte eine andere Kennung wählen."))
            owners[process.id] = (file, process)
            check_ = Gathered(file, known)
            _process(check_, process)
            calls[process.id] = _called(process)
            drawn.append((check_, process))
    for check_all in (variables.check, choices.check, messages.check, thrown.check, people.check, nesting.check):
        check_all(drawn)
    for check_, process in drawn:
        findings += check_.findings if process.id in owners else []
    for key, (file, process) in owners.items():
        cycle = _cycle(key, calls)
        if cycle:
            text = " → ".join(cycle)
            findings.append(
                Finding(file, process.line, key, process.name, f"Der Prozess ruft sich selbst auf: {text}.", "Bitte den Kreis auflösen.")
            )
    return tuple(findings)


def _deployed(beside: Mapping[str, tuple[str, bytes]], known: Known) -> list[tuple[str, model.Process]]:
    found = ((file, reader.process_of(content, file, key, known.functions)) for key, (file, content) in beside.items())
    return [(file, process) for file, process in found if process is not None]


def _called(process: model.Process) -> set[str]:
    return {element.called for element in model.walk(process.elements) if element.called}


def _cycle(start: str, calls: Mapping[str, set[str]]) -> list[str]:
    todo: list[list[str]] = [[start]]
    seen: set[str] = set()
    while todo:
        path = todo.pop()
        for called in sorted(calls.get(path[-1], ())):
            if called == start:
                return [*path, start]
            if called not in seen:
                seen.add(called)
                todo.append([*path, called])
    return []


def _process(check_: Gathered, process: model.Process) -> None:
    if process.history_days is None and process.dialect != "camunda8":  # Camunda 8 has no such field
        check_.add(process, "Die Aufbewahrungsdauer (historyTimeToLive) fehlt.", "Bitte „Time to live“ in Tagen angeben.", warning=True)
    if process.start_form is not None and check_.known.topics is not None and process.start_form not in check_.known.forms:
        start = next((element for element in process.elements if element.kind == "start_event"), process)
        check_.add(start, f"Das Formular „{process.start_form}“ gibt es nicht.", references.NO_FORM)
    scopes.check(check_, process, process.elements, process.flows, top=True)
    bindings.check(check_, process)
