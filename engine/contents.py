"""What the files of a deployment hold, by kind and key, and everything that is wrong with them, said at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine import dmn, feel
from engine.protocol import Finding, TopicOffer
from engine.spiff import check as spiff_check
from engine.spiff import inner_forms, model, reader
from engine.spiff.checks import gathered

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form", ".typ": "letter"}


@dataclass(frozen=True, slots=True)
class Reader:
    """What the rooms above know about a kind of file: `keys` names what is in it, `check` finds what is wrong with it.

    version_tag: what a diagram may bind this version by, or None. names: variables that a file of this kind (a form) may set.
    choices: those of them that take one of a few texts -> those texts.
    """

    keys: Callable[[bytes, str], Sequence[tuple[str, str]]]
    check: Callable[[bytes, str], Sequence[Finding]]
    version_tag: Callable[[bytes], str | None] = lambda content: None
    names: Callable[[bytes], frozenset[str]] | None = None
    choices: Callable[[bytes], Mapping[str, frozenset[str]]] | None = None


@dataclass(frozen=True, slots=True)
class Beside:
    """What is deployed already where files are to be deployed.

    versions: kind -> key -> bindings of a certain version that lead to one (`version:2`, `versionTag:2026`). latest: (kind, key) ->
    (file, content) of its latest version, of diagrams, tables and forms.
    """

    versions: Mapping[str, Mapping[str, Collection[str]]]
    latest: Mapping[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)


# ---------------------------------------------------------------- checking
def check(
    files: Mapping[str, bytes],
    readers: Mapping[str, Reader],
    *,
    functions: Iterable[feel.Function] = (),
    topics: Mapping[str, TopicOffer] | None = None,
    roles: Iterable[str] | None = None,
    beside: Beside | None = None,
) -> tuple[Finding, ...]:
    """Return all findings of all files at once, sorted by file and line.

    topics: topic -> what it needs and brings; roles: whom a task can be for; None: not checked. beside: what is deployed already;
    None: nothing is known of it.
    """
    offered = tuple(functions)
    findings: list[Finding] = []
    held = _Held(readers, offered, beside)
    diagrams: dict[str, reader.ReadFile] = {}
    owners: dict[tuple[str, str], str] = {}
    inner = inner_forms.of_files(files)
    for file, content, form in [
        *((file, content, None) for file, content in files.items()),
        *((file, form.content, form) for file, form in inner.items()),
    ]:
        kind = kind_of(file)
        if kind is None:
            findings.append(Finding(file, 1, "", "", "Die Endung der Datei ist unbekannt.", f"Erlaubt sind {', '.join(KINDS)}."))
            continue
        if kind == "bpmn":
            diagrams[file] = reader.read(content, file, offered)
        elif kind == "dmn":
            findings += dmn.check(content, file, offered)
        elif kind in readers:
            found = readers[kind].check(content, file)
            findings += [_inside(finding, form) for finding in found] if form is not None else found
        place = form.diagram if form is not None else file
        for key, name, meta in _of_diagram(diagrams[file]) if kind == "bpmn" else of_file(kind, content, file, readers):
            held.add(kind, key, meta)
            other = owners.setdefault((kind, key), place)
            if other != place and kind != "bpmn":  # of processes the diagrams' own check tells
                twice = Finding(file, 1, key, name, f"„{key}“ gibt es auch in {other}.", "Bitte eine andere Kennung wählen.")
                findings.append(_inside(twice, form) if form is not None else twice)
        held.read(kind, file, content)
    if beside is not None:
        others: dict[tuple[str, str, bytes], set[str]] = {}  # a file holds many tables and is read once
        for (kind, key), (file, content) in beside.latest.items():
            if kind in ("dmn", "form") and (kind, key) not in owners:
                others.setdefault((kind, file, content), set()).add(key)
        for (kind, file, content), keys in others.items():
            held.read(kind, file, content, only=keys)
    findings += spiff_check.of_read(diagrams, held.known(topics, roles), held.diagrams_beside(set(owners)))
    return tuple(sorted(findings, key=lambda f: (f.file, f.severity != "error", f.line, f.element_id)))


class _Held:
    """What the files and what is deployed beside them hold together, as diagrams are checked against it."""

    def __init__(self, readers: Mapping[str, Reader], functions: tuple[feel.Function, ...], beside: Beside | None) -> None:
        self.readers = readers
        self.functions = functions
        self.beside = beside
        deployed = beside.versions if beside is not None else {}
        self.versions = {kind: {key: set(bound) for key, bound in deployed.get(kind, {}).items()} for kind in KINDS.values()}
        self.form_names: dict[str, frozenset[str]] = {}
        self.form_choices: dict[str, Mapping[str, frozenset[str]]] = {}
        self.decision_names: dict[str, frozenset[str]] = {}
        self.decision_shapes: dict[str, tuple[int, bool]] = {}

    def add(self, kind: str, key: str, meta: Mapping[str, object]) -> None:
        """Note a definition in a file at hand: its next version, and its tag."""
        bindings = self.versions[kind].setdefault(key, set())
        numbers = [int(binding.removeprefix("version:")) for binding in bindings if binding.startswith("version:")]
        bindings.add(f"version:{max(numbers, default=0) + 1}")
        if meta.get("version_tag"):
            bindings.add(f"versionTag:{meta['version_tag']}")

    def read(self, kind: str, file: str, content: bytes, *, only: Collection[str] | None = None) -> None:
        """Note what diagrams are checked against of a form or of decision tables, or of those in `only`; nothing of a broken file."""
        if kind == "dmn":
            try:
                decisions = dmn.parse(content, file, self.functions)
            except dmn.DecisionError:
                return
            self.decision_names |= {key: names for key, names in dmn.names_of(decisions).items() if only is None or key in only}
            self.decision_shapes |= {key: shape for key, shape in dmn.shapes_of(decisions).items() if only is None or key in only}
        elif kind in self.readers and self.readers[kind].names is not None:
            for key, _ in self.readers[kind].keys(content, file):
                names, choices = self.readers[kind].names, self.readers[kind].choices
                self.form_names[key] = names(content) if names is not None else frozenset()
                self.form_choices[key] = choices(content) if choices is not None else {}

    def known(self, topics: Mapping[str, TopicOffer] | None, roles: Iterable[str] | None) -> gathered.Known:
        """Return what the diagrams are checked against."""
        deployed = self.beside.versions.get("bpmn", {}) if self.beside is not None else {}
        latest = self.beside.latest if self.beside is not None else {}
        return gathered.Known(
            forms=frozenset(self.versions["form"]), decisions=frozenset(self.versions["dmn"]), processes=frozenset(self.versions["bpmn"]),
            letters=frozenset(self.versions["letter"]), form_names=self.form_names, form_choices=self.form_choices,
            decision_names=self.decision_names, decision_shapes=self.decision_shapes,
            versions={(kind, key): frozenset(bound) for kind, keys in self.versions.items() for key, bound in keys.items()},
            topics=topics, roles=frozenset(roles) if roles is not None else None, functions=self.functions, is_deployment=self.beside is not None,
            is_whole=all(("bpmn", key) in latest for key in deployed),
        )  # fmt: skip

    def diagrams_beside(self, owned: set[tuple[str, str]]) -> dict[str, tuple[str, bytes]]:
        """Return process -> (file, content) of the deployed diagrams that none of the files replaces."""
        latest = self.beside.latest if self.beside is not None else {}
        return {key: found for (kind, key), found in latest.items() if kind == "bpmn" and (kind, key) not in owned}


def _inside(finding: Finding, form: inner_forms.InnerForm) -> Finding:
    """Return what is wrong with a form inside a diagram as a finding of the diagram."""
    message = (
        f"Formular: {finding.label or finding.element_id}: {finding.message}" if finding.element_id else f"Formular: {finding.message}"
    )
    return replace(finding, file=form.diagram, line=form.line, element_id=form.drawn_as, label="", message=message)


def kind_of(file: str) -> str | None:
    """Return the kind of a file by its ending."""
    return next((kind for suffix, kind in KINDS.items() if file.lower().endswith(suffix)), None)


def of_file(kind: str, content: bytes, file: str, readers: Mapping[str, Reader]) -> list[tuple[str, str, dict[str, object]]]:
    """Return (key, name, what else lists show) of each definition in a file."""
    if kind == "bpmn":
        return _of_diagram(reader.read(content, file))
    if kind == "dmn":
        return [(one.id, one.name, {"version_tag": one.version_tag or None}) for one in dmn.as_far_as_readable(content, file)]
    if kind not in readers:
        return []
    return [(key, name, {"version_tag": readers[kind].version_tag(content)}) for key, name in readers[kind].keys(content, file)]


def _of_diagram(read: reader.ReadFile) -> list[tuple[str, str, dict[str, object]]]:
    processes = [process for process in read.model.processes if process.executable and process.id] if read.model is not None else []
    return [(process.id, process.name, _shown(process)) for process in processes]


def _shown(process: model.Process) -> dict[str, object]:
    return {
        "version_tag": process.version_tag or None, "history_days": process.history_days, "starters": list(process.candidate_starters),
        "start_form": process.start_form,
    }  # fmt: skip
