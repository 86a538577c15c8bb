"""Our own models, broken at random: `check` never raises, answers in time, and tells what is certainly broken.

The seed of a failure is in the name of the test. More of them: MUTATED_SEEDS=0:5000 pytest tests/broken/test_mutated_models.py
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
from collections.abc import Callable

import pytest
from lxml import etree

from api import deploying, model_files, wiring
from engine import contents
from engine.protocol import Finding

FIRST, _, LAST = os.environ.get("MUTATED_SEEDS", "0:320").partition(":")
SEEDS = range(int(FIRST), int(LAST))
CHUNK = 40
SECONDS = 2
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
OWN = model_files.own()
STRANGE = ['"', "'", "<", "&amp;", "(", ")", "[", "{", "=", "${", "\x00", "\u2028", "ä", "9" * 50, " ", "\n", "-", ".", "/", "§", "𝔘"]


def beside(file: str) -> contents.Beside:
    """Return all the other own models as deployed, by their keys."""
    versions: dict[str, dict[str, tuple[str, ...]]] = {}
    for other, content in OWN.items():
        kind = contents.kind_of(other)
        for key, _, _ in contents.of_file(kind or "", content, other, wiring.READERS) if other != file else ():
            versions.setdefault(kind or "", {})[key] = ("version:1",)
    return contents.Beside(versions)


BESIDE = {file: beside(file) for file in OWN}


def checked(file: str, content: bytes) -> list[Finding]:
    return [finding for finding in deploying.check({file: content}, beside=BESIDE[file]) if finding.file == file]


# ---------------------------------------------------------------- how files break
def of_bytes(dice: random.Random, content: bytes) -> bytes:
    """Cut, flip, double or drop some bytes."""
    place, length = dice.randrange(len(content)), dice.choice([1, 1, 1, 5, 200])
    how = dice.randrange(4)
    if how == 0:
        return content[:place]
    if how == 1:
        return content[:place] + bytes([content[place] ^ 1 << dice.randrange(8)]) + content[place + 1 :]
    if how == 2:
        return content[:place] + content[place : place + length] + content[place:]
    return content[:place] + content[place + length :]


def of_text(dice: random.Random, content: bytes) -> bytes:
    """Put something strange into the text, or take a character out of it."""
    text = content.decode()
    place = dice.randrange(len(text))
    return (text[:place] + dice.choice(["", *STRANGE]) + text[place + dice.randrange(2) :]).encode("utf-8", "surrogatepass")


def of_xml(dice: random.Random, content: bytes) -> bytes:
    """Change elements, attributes and expressions as an editor gone wild would."""
    root = etree.fromstring(content)
    elements = [element for element in root.iter("*") if "/DI" not in element.tag and element is not root]
    one, other = dice.choice(elements), dice.choice(elements)
    around = one.getparent()
    how = dice.randrange(8)
    if how == 0 and around is not None:
        around.remove(one)
    elif how == 1 and around is not None:
        around.insert(dice.randrange(len(around) + 1), copy.deepcopy(one))
    elif (
        how == 2
        and around is not None
        and other not in set(one.iterancestors())
        and one not in set(other.iterancestors())
        and one is not other
    ):
        other.append(one)
    elif how == 3 and one.attrib:
        del one.attrib[dice.choice(list(one.attrib))]
    elif how == 4 and one.attrib:
        name = dice.choice(list(one.attrib))
        one.set(name, dice.choice(["", "x", "true", "=", "=a b", "${a", "latest", "version", "-1", one.get(name) + "x"]))
    elif how == 5 and one.attrib and other.attrib:
        mine, its = dice.choice(list(one.attrib)), dice.choice(list(other.attrib))
        value = one.get(mine)
        one.set(mine, other.get(its))
        other.set(its, value)
    elif how == 6:
        spoken = [element for element in elements if (element.text or "").strip()]
        if spoken:
            said = dice.choice(spoken)
            place = dice.randrange(len(said.text))
            said.text = said.text[:place] + dice.choice([*"()[]{}\"'=<>+-*/.,;ab1 "]) + said.text[place + dice.randrange(2) :]
    else:
        one.tag = other.tag
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def of_json(dice: random.Random, content: bytes) -> bytes:
    """Drop, double or replace a value somewhere in a form."""
    schema = json.loads(content)
    places: list[tuple[object, object]] = []

    def gather(value: object) -> None:
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
            places.append((value, key))
            gather(inner)

    gather(schema)
    holder, key = dice.choice(places)
    if dice.random() < 0.3:
        del holder[key]  # type: ignore[attr-defined]
    else:
        anything = [None, True, -1, 10**30, 1.5, "", "=", "=a b", [], {}, [[]], {"a": None}, "x" * 3000, holder[key]]  # type: ignore[index]
        holder[key] = [holder[key], holder[key]] if dice.random() < 0.2 else dice.choice(anything)  # type: ignore[index]
    return json.dumps(schema, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")


Breaking = Callable[[random.Random, bytes], bytes]
WAYS: dict[str, tuple[Breaking, ...]] = {
    "bpmn": (of_xml, of_xml, of_xml, of_bytes, of_text), "dmn": (of_xml, of_xml, of_bytes, of_text), "form": (of_json, of_json, of_bytes, of_text),
    "letter": (of_bytes, of_text),
}  # fmt: skip


def broken(seed: int) -> tuple[str, bytes]:
    """Return a file of ours, broken once, twice or three times."""
    dice = random.Random(seed)
    file = dice.choice(sorted(OWN))
    content = OWN[file]
    for _ in range(dice.choice([1, 1, 1, 2, 3])):
        try:
            content = dice.choice(WAYS[contents.kind_of(file) or ""])(dice, content) or b""
        except (ValueError, etree.XMLSyntaxError, IndexError):
            break  # broken too much already to be broken again
    return file, content


def without_a_referenced_element(seed: int) -> tuple[str, bytes, str]:
    """Return a diagram of ours that lost an element to which a flow leads, and the flow."""
    dice = random.Random(seed)
    file = dice.choice(sorted(file for file in OWN if file.endswith(".bpmn")))
    root = etree.fromstring(OWN[file])
    flow = dice.choice(list(root.iter(f"{BPMN}sequenceFlow")))
    lost = next(element for element in root.iter() if element.get("id") == flow.get("targetRef"))
    lost.getparent().remove(lost)
    return file, etree.tostring(root, encoding="UTF-8", xml_declaration=True), flow.get("id", "")


# ---------------------------------------------------------------- the tests
@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, CHUNK))
def test_a_broken_model_of_ours_is_answered_in_time(first: int) -> None:
    for seed in range(first, min(first + CHUNK, SEEDS.stop)):
        file, content = broken(seed)
        began = time.process_time()
        try:
            found = checked(file, content)
        except Exception as fault:
            raise AssertionError(f"seed {seed}: check of {file} raised {fault!r}") from fault

        assert time.process_time() - began < SECONDS, f"seed {seed}"
        assert all(finding.message and finding.remedy and finding.line > 0 for finding in found), f"seed {seed}"


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.start + len(SEEDS) // 4, CHUNK))
def test_an_element_that_is_gone_is_told_where_a_flow_leads_to_it(first: int) -> None:
    for seed in range(first, first + CHUNK):
        file, content, flow = without_a_referenced_element(seed)

        told = {finding.element_id for finding in checked(file, content) if finding.severity == "error"}

        assert flow in told, f"seed {seed}"


def test_our_own_models_have_no_finding() -> None:
    assert {file: checked(file, content) for file, content in OWN.items() if checked(file, content)} == {}
