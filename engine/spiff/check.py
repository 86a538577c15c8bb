"""All findings of diagrams at once: what cannot run, what would run otherwise than drawn, what nobody reaches or sets."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.protocol import Finding, TopicOffer
from engine.spiff import messages, model, reader, variables
from engine.spiff.gathered import Gathered, Known

WAITING = frozenset({"user_task", "service_task", "receive_task", "call_activity"})  # what a called process does is not looked at
Way = tuple[str | None, str]  # the flow (None: a link), and where it leads
NO_FORM = "Bitte das Formular mit bereitstellen oder die Kennung berichtigen."


def check(files: Mapping[str, bytes], known: Known) -> tuple[Finding, ...]:
    """Return every finding of the .bpmn files; `known.processes` includes the processes of these files."""
    findings: list[Finding] = []
    calls: dict[str, set[str]] = {}
    owners: dict[str, tuple[str, model.Process]] = {}
    drawn: list[tuple[Gathered, model.Process]] = []
    for file, content in files.items():
        found = reader.Reader(content, file, known.functions)
        parsed = found.read()
        findings += found.findings
        if parsed is None:
            continue
        for process in parsed.processes:
            if not process.executable:
                continue
            if process.id in owners:
                message = f"Den Prozess „{process.id}“ gibt es auch in {owners[process.id][0]}."
                findings.append(Finding(file, process.line, process.id, process.name, message, "Bitte eine andere Kennung wählen."))
            owners[process.id] = (file, process)
            check_ = Gathered(file, known)
            _process(check_, process)
            calls[process.id] = {e.called for e in model.walk(process.elements) if e.called}
            drawn.append((check_, process))
    variables.check(drawn)
    messages.check(drawn)
    for check_, _ in drawn:
        findings += check_.findings
    for key in calls:
        cycle = _cycle(key, calls)
        if cycle:
            file, process = owners[key]
            text = " → ".join(cycle)
            findings.append(
                Finding(file, process.line, key, process.name, f"Der Prozess ruft sich selbst auf: {text}.", "Bitte den Kreis auflösen.")
            )
    return tuple(findings)


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
        check_.add(start, f"Das Formular „{process.start_form}“ gibt es nicht.", NO_FORM)
    _scope(check_, process, process.elements, process.flows, top=True)
    _bindings(check_, process)


def _bindings(check_: Gathered, process: model.Process) -> None:
    """Tell what one process means in two versions: a case keeps one version of each thing."""
    meant: dict[tuple[str, str], str] = {}
    for element in model.walk(process.elements):
        references = [("Den Prozess", element.called, element.called_binding), ("Die Entscheidung", element.decision, element.decision_binding),
                      ("Das Formular", element.assignment.form, element.assignment.form_binding)]  # fmt: skip
        for what, key, binding in references:
            if key and meant.setdefault((what, key), binding or "latest") != (binding or "latest"):
                check_.add(element, f"{what} „{key}“ verlangt der Prozess in zwei Fassungen.", "Bitte überall dieselbe Bindung wählen.")


# ---------------------------------------------------------------- the graph
def _scope(
    check_: Gathered, owner: model.Process | model.Element, elements: tuple[model.Element, ...], flows: tuple[model.Flow, ...], *, top: bool
) -> None:
    by_id = {element.id: element for element in elements}
    out: dict[str, list[model.Flow]] = {element.id: [] for element in elements}
    into: dict[str, list[model.Flow]] = {element.id: [] for element in elements}
    for flow in flows:
        for end, register in ((flow.source, out), (flow.target, into)):
            if end not in by_id:
                check_.add(flow, f"Der Sequenzfluss hängt an „{end}“, das es hier nicht gibt.", "Bitte den Fluss neu verbinden.")
            else:
                register[end].append(flow)
    _starts(check_, owner, elements, top=top)
    for element in elements:
        _element(check_, element, by_id, out[element.id], into[element.id])
        if element.kind in ("subprocess", "event_subprocess"):
            _scope(check_, element, element.children, element.flows, top=False)
    ways = _ways(check_, elements, out)
    _reachable(check_, elements, ways)
    _circles(check_, elements, ways, into)


def _starts(check_: Gathered, owner: model.Process | model.Element, elements: tuple[model.Element, ...], *, top: bool) -> None:
    starts = [element for element in elements if element.kind == "start_event"]
    kinds = [start.event.kind if start.event else "none" for start in starts]
    if not starts:
        check_.add(owner, "Es gibt kein Startereignis.", "Bitte genau ein Startereignis zeichnen.")
    if kinds.count("none") > 1:
        check_.add(owner, "Es gibt mehrere einfache Startereignisse.", "Bitte nur eines zeichnen.")
    event_subprocess = isinstance(owner, model.Element) and owner.kind == "event_subprocess"
    if event_subprocess and (len(starts) != 1 or kinds == ["none"]):
        check_.add(
            owner,
            "Ein Ereignisteilprozess braucht genau ein Startereignis mit Auslöser.",
            "Bitte Nachricht, Zeit oder einen anderen Auslöser wählen.",
        )
    if not top and not event_subprocess:
        for start in starts:
            if start.event and start.event.kind != "none":
                check_.add(start, "Ein Teilprozess beginnt immer ohne Auslöser.", "Bitte ein einfaches Startereignis verwenden.")
    if top:
        for start in starts:
            if start.event and start.event.name and start.event.name.kind != "literal":
                check_.add(
                    start,
                    "Der Name am Startereignis ist ein Ausdruck; vor dem Start gibt es keine Werte.",
                    "Bitte einen festen Namen verwenden.",
                )
            if start.event and start.event.kind in ("error", "escalation", "conditional"):
                check_.add(
                    start,
                    "Ein Prozess kann so nicht beginnen.",
                    "Bitte ein einfaches Startereignis, eine Nachricht, ein Signal oder eine Zeit verwenden.",
                )


def _element(
    check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element], out: list[model.Flow], into: list[model.Flow]
) -> None:
    if element.kind == "event_subprocess" and (out or into):
        check_.add(element, "Ein Ereignisteilprozess hat keine Sequenzflüsse.", "Bitte die Flüsse entfernen.")
    if element.kind == "start_event" and into:
        check_.add(element, "In ein Startereignis führt kein Sequenzfluss.", "Bitte den Fluss entfernen.")
    if element.kind == "end_event" and out:
        check_.add(element, "Aus einem Endereignis führt kein Sequenzfluss.", "Bitte den Fluss entfernen.")
    if element.kind == "boundary_event":
        host = by_id.get(element.attached_to or "")
        if host is None or host.kind not in model.ACTIVITIES:
            check_.add(
                element, "Das angeheftete Ereignis hängt an keiner Aktivität.", "Bitte an eine Aufgabe oder einen Teilprozess heften."
            )
        _caught_twice(check_, element, by_id)
        if not element.interrupting and element.event and element.event.kind == "error":
            check_.add(element, "Ein Fehlerereignis unterbricht immer.", "Bitte das Ereignis als unterbrechend zeichnen.")
        if element.event and element.event.kind in ("none", "terminate", "link"):
            check_.add(element, "Das angeheftete Ereignis hat keinen Auslöser.", "Bitte einen Auslöser wählen.")
    if element.kind == "catch_event" and (not element.event or element.event.kind in ("none", "error", "escalation", "terminate")):
        check_.add(element, "Das Zwischenereignis hat keinen Auslöser.", "Bitte Nachricht, Zeit, Signal oder Bedingung wählen.")
    if element.default_flow and element.default_flow not in {flow.id for flow in out}:
        check_.add(element, f"Der Standardfluss „{element.default_flow}“ geht nicht von hier aus.", "Bitte den Standardfluss neu setzen.")
    if not element.interrupting and element.event and element.event.kind == "conditional" and not element.event.watched:
        text = "Das Bedingungsereignis löst nach jeder Änderung irgendeiner Variablen wieder aus, solange die Bedingung gilt."
        check_.add(element, text, "Bitte „Variable name“ angeben, wenn nur eine Variable zählt.", warning=True)
    _gateway(check_, element, by_id, out)
    _references(check_, element)


def _caught_twice(check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element]) -> None:
    """Tell a second error or escalation event of the same code at the same activity: only the first would ever catch."""
    event = element.event
    if event is None or event.kind not in ("error", "escalation"):
        return
    code = event.name.source if event.name else None
    for other in by_id.values():
        if other is element:
            return
        same = (
            other.event is not None and other.event.kind == event.kind and (other.event.name.source if other.event.name else None) == code
        )
        if same and other.attached_to == element.attached_to and other.kind == "boundary_event":
            shown = f"den Code „{code}“" if code else "jeden Code"
            text = f"„{other.label or other.id}“ fängt hier schon {shown}; dieses Ereignis fängt nie."
            check_.add(element, text, "Bitte entfernen oder einen anderen Code wählen.")
            return


def _gateway(check_: Gathered, element: model.Element, by_id: Mapping[str, model.Element], out: list[model.Flow]) -> None:
    if element.kind in ("exclusive_gateway", "inclusive_gateway") and len(out) > 1:
        for flow in out:
            if flow.condition is None and flow.id != element.default_flow:
                check_.add(
                    flow, "Dem Sequenzfluss fehlt die Bedingung.", "Bitte eine Bedingung eintragen oder ihn zum Standardfluss machen."
                )
        if not element.default_flow:
            text = "Trifft keine Bedingung zu, bleibt der Fall hier stehen: Es gibt keinen Standardfluss."
            check_.add(element, text, "Bitte einen Standardfluss setzen.", warning=True)
    if element.kind == "parallel_gateway" and any(flow.condition for flow in out):
        check_.add(
            element,
            "Ein paralleles Gateway wertet keine Bedingungen aus.",
            "Bitte die Bedingungen entfernen oder ein inklusives Gateway verwenden.",
        )
    if element.kind == "event_gateway":
        if len(out) < 2:
            check_.add(element, "Ein ereignisbasiertes Gateway braucht mindestens zwei Ereignisse.", "Bitte ergänzen.")
        for flow in out:
            target = by_id.get(flow.target)
            if target is not None and target.kind == "receive_task":
                if target.loop is not None or any(other.attached_to == target.id for other in by_id.values()):
                    text = (
                        "Eine Empfangsaufgabe hinter einem ereignisbasierten Gateway steht ohne angeheftete Ereignisse und ohne Schleife."
                    )
                    check_.add(target, text, "Bitte stattdessen ein weiteres Ereignis hinter dem Gateway zeichnen.")
            elif target is not None and not (
                target.kind == "catch_event" and target.event and target.event.kind in ("message", "timer", "signal", "conditional")
            ):
                check_.add(
                    target,
                    "Hinter einem ereignisbasierten Gateway stehen nur Zwischenereignisse und Empfangsaufgaben.",
                    "Bitte ein Nachrichten- oder Zeitereignis zeichnen.",
                )
    if element.kind in model.GATEWAYS and not out:
        check_.add(element, "Aus dem Gateway führt kein Weg hinaus.", "Bitte mindestens einen Sequenzfluss zeichnen.")


def _references(check_: Gathered, element: model.Element) -> None:
    known = check_.known
    if element.called and element.called not in known.processes:
        check_.add(
            element, f"Den aufgerufenen Prozess „{element.called}“ gibt es nicht.", "Bitte mit bereitstellen oder die Kennung berichtigen."
        )
    if element.decision and element.decision not in known.decisions:
        check_.add(
            element,
            f"Die Entscheidung „{element.decision}“ gibt es nicht.",
            "Bitte die Tabelle mit bereitstellen oder die Kennung berichtigen.",
        )
    if element.kind == "user_task" and known.topics is not None:
        form, people = element.assignment.form, element.assignment
        if people.assignee is None and people.candidate_groups is None and people.candidate_users is None:
            text = "Die Aufgabe steht in keiner Liste: Weder Bearbeiter noch Gruppe sind genannt."
            check_.add(element, text, "Bitte eine Gruppe angeben; die Rollen stehen in docs/design.md.", warning=True)
        if form is None:
            check_.add(element, "Die Aufgabe hat kein Formular.", "Bitte ein Camunda Form auswählen.", warning=True)
        elif form not in known.forms:
            check_.add(element, f"Das Formular „{form}“ gibt es nicht.", NO_FORM)
    topic = element.topic.source if element.topic is not None and element.topic.kind == "literal" else ""
    if topic.startswith("io.camunda") and topic not in (known.topics or ()):
        remedy = "Bitte die Vorlage entfernen und den Typ eines Topics oder eines eigenen Workers eintragen."
        check_.add(element, f"Der Connector „{topic}“ wird nicht ausgeführt.", remedy)
    elif topic and known.topics is not None:
        if topic not in known.topics:
            offered = ", ".join(sorted(known.topics))
            check_.add(
                element,
                f"Das Topic „{topic}“ bedient niemand.",
                f"Vorhanden sind: {offered}. Ein eigener Worker kann es bedienen.",
                warning=True,
            )
        else:
            given = {parameter.target for parameter in element.inputs}
            for needed in known.topics[topic].inputs:
                if needed not in given:
                    check_.add(element, f"Das Topic „{topic}“ braucht den Eingabeparameter „{needed}“.", "Bitte unter „Inputs“ ergänzen.")
            _variant(check_, element, topic, known.topics[topic], given)
            letter = next((p.value.source for p in element.inputs if p.target == "vorlage" and p.value.kind == "literal"), None)
            if letter and letter not in known.letters:
                check_.add(
                    element,
                    f"Die Briefvorlage „{letter}“ gibt es nicht.",
                    "Bitte die Vorlage mit bereitstellen oder den Namen berichtigen.",
                )


def _variant(check_: Gathered, element: model.Element, topic: str, offer: TopicOffer, given: set[str]) -> None:
    """Tell what the literal value of the choosing input calls for and the task does not give."""
    chosen = next((p.value.source for p in element.inputs if p.target == offer.chosen_by and p.value.kind == "literal"), None)
    if chosen is None:
        return
    if chosen not in offer.variants:
        remedy = f"Erlaubt sind: {', '.join(sorted(offer.variants))}."
        check_.add(element, f"Das Topic „{topic}“ kennt für „{offer.chosen_by}“ den Wert „{chosen}“ nicht.", remedy)
        return
    for needed in offer.variants[chosen]:
        if needed not in given:
            text = f"Das Topic „{topic}“ braucht für „{chosen}“ den Eingabeparameter „{needed}“."
            check_.add(element, text, "Bitte unter „Inputs“ ergänzen.")


def _ways(check_: Gathered, elements: tuple[model.Element, ...], out: Mapping[str, list[model.Flow]]) -> dict[str, list[Way]]:
    """Return element -> its ways on: flows, and from a throwing link event to the catching one."""
    links: dict[str, str] = {}
    for element in elements:
        if element.kind == "catch_event" and element.event and element.event.kind == "link" and element.event.name:
            name = element.event.name.source
            if name in links:
                check_.add(element, f"Der Link „{name}“ hat zwei Ziele.", "Bitte jedes fangende Linkereignis anders benennen.")
            links.setdefault(name, element.id)
    ways: dict[str, list[Way]] = {element.id: [(flow.id, flow.target) for flow in out[element.id]] for element in elements}
    for element in elements:
        if element.kind == "throw_event" and element.event and element.event.kind == "link" and element.event.name:
            name = element.event.name.source
            if name in links:
                ways[element.id].append((None, links[name]))
            else:
                text = f"Zum Link „{name}“ fehlt das Gegenstück."
                check_.add(element, text, "Bitte ein fangendes Linkereignis gleichen Namens zeichnen.")
    return ways


def _reachable(check_: Gathered, elements: tuple[model.Element, ...], ways: Mapping[str, list[Way]]) -> None:
    reached: set[str] = set()
    todo = [element.id for element in elements if element.kind in ("start_event", "event_subprocess")]
    boundaries: dict[str, list[str]] = {}
    for element in elements:
        if element.attached_to:
            boundaries.setdefault(element.attached_to, []).append(element.id)
    while todo:
        current = todo.pop()
        if current not in reached and current in ways:
            reached.add(current)
            todo += [target for _, target in ways[current]] + boundaries.get(current, [])
    for element in elements:
        if element.id not in reached:
            check_.add(element, "Das Element wird nie erreicht.", "Bitte verbinden oder entfernen.")


def _circles(
    check_: Gathered, elements: tuple[model.Element, ...], ways: Mapping[str, list[Way]], into: Mapping[str, list[model.Flow]]
) -> None:
    """Find circles on which nothing waits: they would spin until the step's budget ends them. Told at their gateways, where they have some."""
    passing = {element.id: element for element in elements if not _waits(element)}
    joins = {name: {flow.id for flow in into[name]} for name, element in passing.items() if element.kind == "parallel_gateway"}
    after = {name: _passed_after(name, passing, ways, joins) for name in passing}
    for name, element in passing.items():
        beside = [other for other in after[name] if name in after[other]]
        if beside and (element.kind in model.GATEWAYS or not any(passing[other].kind in model.GATEWAYS for other in beside)):
            text = "Die Schleife hat keinen Halt: Auf diesem Rundweg wartet nichts."
            check_.add(element, text, "Bitte eine Aufgabe oder ein Ereignis in die Schleife legen.")


def _passed_after(start: str, passing: Collection[str], ways: Mapping[str, list[Way]], joins: Mapping[str, set[str]]) -> set[str]:
    """Return what is passed behind an element before anything waits; a parallel join only where every way into it is."""
    seen: set[str] = set()
    filled: dict[str, set[str | None]] = {}
    todo = list(ways[start])
    while todo:
        flow, target = todo.pop()
        if target not in passing or target in seen:
            continue
        filled.setdefault(target, set()).add(flow)
        if filled[target] >= joins.get(target, set()):
            seen.add(target)
            todo += ways[target]
    return seen


def _waits(element: model.Element) -> bool:
    """Return whether a token stays at an element, or somewhere inside it."""
    event = element.event
    if element.kind == "catch_event":
        return event is not None and event.kind != "link"
    if element.kind == "subprocess":
        return any(_waits(inner) for inner in model.walk(element.children))
    return element.kind in WAITING or (event is not None and event.external)
