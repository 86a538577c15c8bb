"""The guides and the glossary say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from api import wiring
from api.auth import users
from engine import dmn, jobs
from processes import law
from processes.casefile import ledger
from processes.law import allocation

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
GLOSSARY = (ROOT / "processes" / "GLOSSARY.md").read_text(encoding="utf-8")
SOURCES = [
    path for room in ("engine", "processes", "forms", "api") for suffix in ("py", "bpmn", "dmn", "form", "typ", "yaml")
    for path in (ROOT / room).rglob(f"*.{suffix}") if "node_modules" not in path.parts and "dist" not in path.parts
]  # fmt: skip


def names_in_the_glossary() -> set[str]:
    rows = [line for line in GLOSSARY.splitlines() if line.startswith("| ") and not line.startswith(("| Begriff", "|---"))]
    return {name for row in rows for name in re.findall(r"`([a-z_0-9]+)`", row.rstrip("|").rpartition("|")[2])}


def test_every_name_in_the_glossary_stands_in_the_code() -> None:
    words = {word for path in SOURCES for word in re.findall(r"[a-z][a-z_0-9]+", path.read_text(encoding="utf-8"))}

    assert sorted(names_in_the_glossary() - words) == []


def test_every_legal_name_in_the_code_stands_in_the_glossary() -> None:
    decisions = {name for path in ROOT.glob("processes/*/*.dmn") for name in dmn.parse(path.read_bytes(), path.name).decisions}
    processes = {path.stem for path in ROOT.glob("processes/*/*.bpmn")}
    functions = {function.name for function in law.FUNCTIONS}
    bookings = {*ledger.CLAIM_COMPONENTS, *ledger.CASE_COMPONENTS, ledger.ABSETZUNG}
    ranks = set(allocation.PRINCIPAL_RANKS) - {"uebrige"}

    assert sorted((decisions | processes | functions | bookings | ranks | set(users.ROLES)) - names_in_the_glossary()) == []


def test_the_guide_lists_each_law_function_with_its_parameters_purpose_and_source_and_no_other() -> None:
    rows = [
        f"| `{function.name}({', '.join(function.parameters)})` | {function.purpose} | {function.source} |" for function in law.FUNCTIONS
    ]
    _, _, section = GUIDE.partition("\n## Rechtsfunktionen\n")

    assert [line for line in section.splitlines() if line.startswith("| `")] == rows


def test_every_law_function_speaks_german_of_itself_and_of_its_parameters() -> None:
    for function in law.FUNCTIONS:
        assert function.label, function.name
        assert function.result, function.name
        assert function.purpose.endswith("."), function.name
    assert set(law.PARAMETERS) == {name for function in law.FUNCTIONS for name in function.parameters}
    assert all(label and hint.endswith((".", ").")) for label, hint, _ in law.PARAMETERS.values())


def topic_row(topic: jobs.Topic) -> str:
    """Return the row of the guide that says what the topic says of itself."""
    always = [one.name for one in topic.inputs if not one.is_optional and not one.only_for]
    by_kind = [one.name for one in topic.inputs if not one.is_optional and one.only_for]
    optional = [one.name for one in topic.inputs if one.is_optional]
    listed = [(f"{said}{', '.join(f'`{name}`' for name in names)}") for said, names in
              (("", always), (f"je nach `{topic.chosen_by}` ", by_kind), ("auf Wunsch ", optional)) if names]  # fmt: skip
    outputs = ", ".join(f"`{one.name}`" for one in topic.outputs) or "–"
    return f"| `{topic.name}` | {topic.label} | {'; '.join(listed)} | {outputs} |"


def test_the_guide_lists_each_topic_as_it_describes_itself_and_no_other() -> None:
    rows = [topic_row(topic) for topic in wiring.all_topics().values()]
    _, _, section = GUIDE.partition("\n## Topics\n")
    written = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]

    assert sorted(written) == sorted(rows)


def test_every_topic_speaks_german_of_itself_and_of_all_it_takes_and_gives() -> None:
    for name, topic in wiring.all_topics().items():
        assert topic.label, name
        assert topic.purpose.endswith("."), name
        assert topic.chosen_by is None or topic.variants, name
        for one in (*topic.inputs, *topic.outputs):
            assert one.label, f"{name}: {one.name}"
            assert one.hint.endswith("."), f"{name}: {one.name}"
            assert set(one.only_for) <= set(topic.variants), f"{name}: {one.name}"
        for names in ([one.name for one in topic.inputs], [one.name for one in topic.outputs]):
            assert len(set(names)) == len(names), name


def test_the_guide_names_each_role() -> None:
    assert [role for role, german in users.ROLES.items() if f"`{role}` {german}" not in GUIDE] == []


def test_every_process_folder_stands_in_the_overview() -> None:
    overview = (ROOT / "processes" / "README.md").read_text(encoding="utf-8")

    assert [path.stem for path in ROOT.glob("processes/*/*.bpmn") if f"[{path.stem}]({path.stem})" not in overview] == []


def test_each_decision_has_a_number_of_its_own_that_its_title_repeats() -> None:
    notes = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in notes]

    assert len(set(numbers)) == len(numbers), numbers
    assert [path.name for path in notes if not path.read_text(encoding="utf-8").startswith(f"# {path.name[:4]} ")] == []
