"""The diagrams whose tasks the workers do: one that walks all ways of ending a job, one whose job fails until it is repaired."""

from __future__ import annotations

from tests.engine.spiff.bpmn import boundary, chain, file, job, node, process

EXTENSIONS = (
    "<bpmn:extensionElements><camunda:properties><camunda:property name='drucker' value='Schwarz'/></camunda:properties>"
    "<camunda:inputOutput><camunda:outputParameter name='gesehen'>=nur_hier + 1</camunda:outputParameter></camunda:inputOutput>"
    "</bpmn:extensionElements>"
)
# What the workers of docs/design.md do.
ARCHIVING = (
    node("startEvent", "s") + job("ablegen", "archivieren") + boundary("ohne_titel", "ablegen", "<bpmn:errorEventDefinition/>")
    + node("endEvent", "abgelegt") + node("endEvent", "zurueck") + chain("s", "ablegen", "abgelegt") + chain("ohne_titel", "zurueck")
)  # fmt: skip
ARCHIVE = {"archiv.bpmn": file(process(ARCHIVING, key="archiv"))}


def files(suffix: str) -> dict[str, bytes]:
    """Return the diagrams with topics and process keys of their own, so that no worker is given the job of another test."""
    walk = (
        node("startEvent", "s") + job("rechnung", f"rechnen{suffix}", EXTENSIONS) + job("lange_arbeit", f"lange{suffix}")
        + job("fehler", f"fehlerhaft{suffix}") + boundary("gefangen", "fehler", '<bpmn:errorEventDefinition errorRef="e_a"/>')
        + node("endEvent", "nicht_hier") + node("endEvent", "ende") + chain("s", "rechnung", "lange_arbeit", "fehler", "nicht_hier")
        + chain("gefangen", "ende")
    )  # fmt: skip
    failing = node("startEvent", "s") + job("wackelig", f"scheitern{suffix}") + node("endEvent", "ende") + chain("s", "wackelig", "ende")
    one = {
        name: file(process(node("startEvent", "s") + job("auftrag", f"{name}{suffix}") + node("endEvent", "ende")
                           + chain("s", "auftrag", "ende"), key=f"{name}{suffix}"))
        for name in ("zaehlen", "haengen", "stempeln")
    }  # fmt: skip
    return {f"{name}{suffix}.bpmn": content for name, content in one.items()} | {
        f"gang{suffix}.bpmn": file(process(walk, key=f"gang{suffix}")),
        f"stoerung{suffix}.bpmn": file(process(failing, key=f"stoerung{suffix}")),
    }
