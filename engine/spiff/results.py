"""What the instances of a loop made (Camunda 8's output collection), packed while the loop runs: each adds its own, nobody unpacks the others'."""

from __future__ import annotations

from engine import values

LENGTH = 4  # bytes before each packed [index, value]

Made = values.Sealed | list[object]  # a list: as states of earlier versions hold it

NOTHING = values.Sealed(b"")


def add(made: Made, index: int, value: object) -> values.Sealed:
    """Return the results with one more."""
    if isinstance(made, list):
        kept = NOTHING
        for number, item in enumerate(made):
            kept = kept if item is None else add(kept, number, item)
        made = kept
    one = values.pack([index, value])
    return values.Sealed(made.content + len(one).to_bytes(LENGTH) + one)


def all_of(made: Made, count: int) -> list[object]:
    """Return the list of all results by index; null where an instance did not end."""
    if isinstance(made, list):
        return made
    found: list[object] = [None] * count
    content, at = made.content, 0
    while at < len(content):
        end = at + LENGTH + int.from_bytes(content[at : at + LENGTH])
        index, value = values.unpack(content[at + LENGTH : end])
        found[index], at = value, end
    return found
