"""Findings about parallel joins that can never go on: their ways exclude each other, or one of them begins behind the join itself.

Which flows may hold a token at the same time is computed as a relation that holds for too many pairs rather than too few (conditions
are not looked at, every way out is taken): flows outside it never do. So what is told is certain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.spiff import model
from engine.spiff.checks.gathered import Gathered
from engine.spiff.checks.ways import Way

MAX_PLACES = 1500  # beyond that nothing is told: the relation grows with the square
ONE_WAY = ("exclusive_gateway", "event_gateway")
Move = tuple[frozenset[int], tuple[int, ...]]  # places that all lose a token, and those that get one


def check(check_: Gathered, elements: Sequence[model.Element], ways: Mapping[str, list[Way]], into: Mapping[str, list[model.Flow]]) -> None:
    """Tell parallel gateways that some token reaches and no token ever leaves."""
    joins = [element for element in elements if element.kind == "parallel_gateway" and len(into[element.id]) > 1]
    if not joins:
        return
    places = _Places()
    moves = _moves(elements, ways, into, places)
    if len(places.numbers) > MAX_PLACES:
        return
    together = _together([places.number(f"start {e.id}") for e in elements if e.kind == "start_event"], moves, len(places.numbers))
    for join in joins:
        arriving = [places.number(f"flow {flow.id}") for flow in into[join.id]]
        if any(together[one] is not None for one in arriving) and not _may_fire(frozenset(arriving), together):
            text = "Hier geht es nie weiter: Das parallele Gateway wartet auf alle seine Wege, aber kein Fall geht sie zugleich."
            check_.add(join, text, "Bitte ein exklusives Gateway verwenden, wo sich Wege nach einer Entscheidung wieder treffen.")


class _Places:
    """Numbers of the places that hold tokens: flows, activities at work, links, starts."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        return self.numbers.setdefault(name, len(self.numbers))


def _moves(
    elements: Sequence[model.Element], ways: Mapping[str, list[Way]], into: Mapping[str, list[model.Flow]], places: _Places
) -> list[Move]:
    boundaries: dict[str, list[model.Element]] = {}
    for element in elements:
        if element.kind == "boundary_event":
            boundaries.setdefault(element.attached_to or "", []).append(element)
    moves: list[Move] = []
    for element in elements:
        out = tuple(places.number(f"flow {flow}" if flow is not None else f"link {target}") for flow, target in ways[element.id])
        arriving = [places.number(f"flow {flow.id}") for flow in into[element.id]]
        if element.kind == "parallel_gateway":
            moves.append((frozenset(arriving), out))
            continue
        if element.kind == "start_event":
            arriving.append(places.number(f"start {element.id}"))
        elif element.kind == "catch_event":
            arriving.append(places.number(f"link {element.id}"))
        elif element.kind == "boundary_event":
            arriving.append(places.number(f"event {element.id}"))
        at_work = places.number(f"work {element.id}")
        moves += [(frozenset({one}), (at_work,)) for one in arriving]
        moves += [(frozenset({at_work}), (one,)) for one in out] if element.kind in ONE_WAY else [(frozenset({at_work}), out)]
        for event in boundaries.get(element.id, ()):
            happened = places.number(f"event {event.id}")
            moves.append((frozenset({at_work}), (happened,) if event.interrupting else (happened, at_work)))
    return moves


def _together(beginning: Sequence[int], moves: Sequence[Move], count: int) -> list[int | None]:
    """Return of each place the places that may hold a token while it does, as bits; None: it never holds one."""
    together: list[int | None] = [None] * count
    for place in beginning:
        together[place] = 0
    changed = True
    while changed:
        changed = False
        for taken, given in moves:
            if not _may_fire(taken, together):
                continue
            beside = -1
            for place in taken:
                beside &= together[place] or 0
            every = sum(1 << place for place in set(given))
            for place in given:
                before = together[place]
                own = 1 << place if given.count(place) > 1 else 0
                new = (beside | every & ~(1 << place) | own) & ~(before or 0)
                if new or before is None:
                    together[place] = (before or 0) | new
                    changed = True
                    for other in _bits(new):
                        together[other] = (together[other] or 0) | 1 << place
    return together


def _may_fire(taken: frozenset[int], together: Sequence[int | None]) -> bool:
    """Return whether all the places may hold a token at the same time."""
    every = sum(1 << place for place in taken)
    return bool(taken) and all((mates := together[place]) is not None and every & ~(1 << place) & ~mates == 0 for place in taken)


def _bits(mask: int) -> list[int]:
    return [place for place in range(mask.bit_length()) if mask >> place & 1]
