"""FEEL's functions on ranges (Allen's relations) and the reading of a range from text (DMN 1.5, 10.3.4.7 and .8)."""

from __future__ import annotations

import re
from collections.abc import Callable

from engine.feel import operators
from engine.feel.signatures import Library
from engine.feel.temporal import parse_date, parse_date_time, parse_duration, parse_literal, parse_time
from engine.feel.values import CONTEXT, Range

Relation = Callable[[object, object], bool | None]
RANGE = re.compile(r"\s*([\[(\]])(.*?)\.\.(.*?)([\])\[])\s*", re.DOTALL)
NUMBER = re.compile(r"-?(\d+(\.\d+)?|\.\d+)", re.ASCII)
TEXT = re.compile(r'"(.*)"', re.DOTALL)
LITERAL = re.compile(r'@"(.*)"')
CONSTRUCTOR = re.compile(r'(date and time|date|time|duration)\("([^"]*)"\)')
CONSTRUCTORS: dict[str, Callable[[str], object]] = {
    "date": parse_date, "time": parse_time, "date and time": parse_date_time, "duration": parse_duration,
}  # fmt: skip


def _endpoint(text: str) -> object:
    if not text or text == "null":
        return None
    if NUMBER.fullmatch(text):
        return CONTEXT.create_decimal(text)
    quoted = TEXT.fullmatch(text)
    if quoted:
        return quoted.group(1)
    literal, constructor = LITERAL.fullmatch(text), CONSTRUCTOR.fullmatch(text)
    if literal:
        value: object = parse_literal(literal.group(1))
    else:
        value = CONSTRUCTORS[constructor.group(1)](constructor.group(2)) if constructor else None
    if value is None:
        raise ValueError("not an endpoint")
    return value


def _range(text: str) -> Range | None:
    match = RANGE.fullmatch(text)
    if not match:
        return None
    low, high = _endpoint(match.group(2).strip()), _endpoint(match.group(3).strip())
    low_closed, high_closed = match.group(1) == "[", match.group(4) == "]"
    if (low is None and high is None) or (low is None and low_closed) or (high is None and high_closed):
        return None
    if low is not None and high is not None and operators.less_or_equal(low, high) is not True:
        return None
    return Range(low, high, low_closed, high_closed)


def _low(value: object) -> object:
    return value.low if isinstance(value, Range) else value


def _high(value: object) -> object:
    return value.high if isinstance(value, Range) else value


def _low_closed(value: object) -> bool:
    return bool(value.low_closed) if isinstance(value, Range) else True


def _high_closed(value: object) -> bool:
    return bool(value.high_closed) if isinstance(value, Range) else True


def _same(one: object, other: object) -> bool:
    return operators.equal(one, other) is True


def _below(one: object, other: object) -> bool:
    return operators.less(one, other) is True


def _before(one: object, other: object) -> bool | None:
    end, start = _high(one), _low(other)
    if end is None or start is None:
        return False
    below = operators.less(end, start)
    if below is None:
        return None
    return below or (_same(end, start) and not (_high_closed(one) and _low_closed(other)))


def _meets(one: object, other: object) -> bool:
    return _same(_high(one), _low(other)) and _high_closed(one) and _low_closed(other)


def _overlaps(one: object, other: object) -> bool:
    return _before(one, other) is not True and _before(other, one) is not True


def _starts_lower(one: object, other: object) -> bool:
    return _below(_low(one), _low(other)) or (_same(_low(one), _low(other)) and _low_closed(one) and not _low_closed(other))


def _ends_lower(one: object, other: object) -> bool:
    return _below(_high(one), _high(other)) or (_same(_high(one), _high(other)) and _high_closed(other) and not _high_closed(one))


def _overlaps_before(one: object, other: object) -> bool:
    return _starts_lower(one, other) and _ends_lower(one, other) and _overlaps(one, other)


def _finishes(one: object, other: object) -> bool:
    if not isinstance(one, Range):
        return _same(one, _high(other)) and _high_closed(other)
    same_end = _high_closed(one) == _high_closed(other) and _same(one.high, _high(other))
    return same_end and (_below(_low(other), one.low) or (_same(one.low, _low(other)) and (not _low_closed(one) or _low_closed(other))))


def _starts(one: object, other: object) -> bool:
    if not isinstance(one, Range):
        return _same(one, _low(other)) and _low_closed(other)
    same_start = _low_closed(one) == _low_closed(other) and _same(one.low, _low(other))
    return same_start and (
        _below(one.high, _high(other)) or (_same(one.high, _high(other)) and (not _high_closed(one) or _high_closed(other)))
    )


def _during(one: object, other: object) -> bool | None:
    if not isinstance(one, Range):
        return operators.in_range(one, other) if isinstance(other, Range) else None
    starts_later = _below(_low(other), one.low) or (_same(_low(other), one.low) and (_low_closed(other) or not _low_closed(one)))
    ends_sooner = _below(one.high, _high(other)) or (_same(_high(other), one.high) and (_high_closed(other) or not _high_closed(one)))
    return starts_later and ends_sooner


def _flipped(relation: Relation) -> Relation:
    return lambda one, other: relation(other, one)


POINTS, POINT_RANGE, RANGE_POINT, RANGES = ("point1", "point2"), ("point", "range"), ("range", "point"), ("range1", "range2")


def _add_relation(functions: Library, name: str, relation: Relation, shapes: tuple[tuple[str, str], ...]) -> None:
    allowed = {tuple(label.startswith("range") for label in shape) for shape in shapes}

    def related(one: object, other: object) -> bool | None:
        if one is None or other is None or (isinstance(one, Range), isinstance(other, Range)) not in allowed:
            return None
        if not isinstance(one, Range) and not isinstance(other, Range) and operators.order_keys(one, other) is None:
            return None
        return relation(one, other)

    for first, second in shapes:
        functions.add(name, f"{first}: any, {second}: any", related)


def add(functions: Library) -> None:
    """Declare the functions on ranges."""
    functions.add("range", "from: string", _range)
    everything = (POINTS, POINT_RANGE, RANGE_POINT, RANGES)
    _add_relation(functions, "before", _before, everything)
    _add_relation(functions, "after", _flipped(_before), everything)
    _add_relation(functions, "meets", _meets, (RANGES,))
    _add_relation(functions, "met by", _flipped(_meets), (RANGES,))
    _add_relation(functions, "overlaps", _overlaps, (RANGES,))
    _add_relation(functions, "overlaps before", _overlaps_before, (RANGES,))
    _add_relation(functions, "overlaps after", _flipped(_overlaps_before), (RANGES,))
    _add_relation(functions, "finishes", _finishes, (POINT_RANGE, RANGES))
    _add_relation(functions, "finished by", _flipped(_finishes), (RANGE_POINT, RANGES))
    _add_relation(functions, "during", _during, (POINT_RANGE, RANGES))
    _add_relation(functions, "includes", _flipped(_during), (RANGE_POINT, RANGES))
    _add_relation(functions, "starts", _starts, (POINT_RANGE, RANGES))
    _add_relation(functions, "started by", _flipped(_starts), (RANGE_POINT, RANGES))
    _add_relation(functions, "coincides", operators.equal, (POINTS, RANGES))
