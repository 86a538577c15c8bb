"""FEEL's functions on lists and contexts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cmp_to_key, partial

from engine.feel import compiler, operators
from engine.feel.budget import Budget
from engine.feel.errors import FeelLimitError
from engine.feel.signatures import Library
from engine.feel.temporal import Date, DaysTime, YearsMonths
from engine.feel.values import CONTEXT, Closure

Aggregate = Callable[[list[object]], object]
MAX_NESTING = 50


# ---------------------------------------------------------------- aggregation
def _numbers(items: Sequence[object]) -> list[Decimal] | None:
    numbers = [item for item in items if isinstance(item, Decimal)]
    return numbers if len(numbers) == len(items) else None


def _total(numbers: Sequence[Decimal]) -> Decimal:
    total = Decimal(0)
    for number in numbers:
        total = CONTEXT.add(total, number)
    return total


def _sum(items: list[object]) -> object:
    numbers = _numbers(items)
    if not items:
        return None
    if numbers is not None:
        return _total(numbers)
    months = [item.months for item in items if isinstance(item, YearsMonths)]
    if len(months) == len(items):
        return YearsMonths(sum(months))
    nanoseconds = [item.nanoseconds for item in items if isinstance(item, DaysTime)]
    return DaysTime(sum(nanoseconds)) if len(nanoseconds) == len(items) else None


def _extreme(precedes: Callable[[object, object], bool | None], items: list[object]) -> object:
    if not items:
        return None
    best = items[0]
    for item in items[1:]:
        better = precedes(item, best)
        if better is None:
            return None
        best = item if better else best
    return best if len(items) > 1 or operators.order_keys(best, best) is not None else None


def _mean(items: list[object]) -> Decimal | None:
    numbers = _numbers(items)
    return CONTEXT.divide(_total(numbers), Decimal(len(numbers))) if numbers else None


def _median(items: list[object]) -> Decimal | None:
    numbers = _numbers(items)
    if not numbers:
        return None
    ordered, middle = sorted(numbers), len(numbers) // 2
    return ordered[middle] if len(ordered) % 2 else CONTEXT.divide(CONTEXT.add(ordered[middle - 1], ordered[middle]), Decimal(2))


def _standard_deviation(items: list[object]) -> Decimal | None:
    numbers = _numbers(items)
    if numbers is None or len(numbers) < 2:
        return None
    mean = CONTEXT.divide(_total(numbers), Decimal(len(numbers)))
    deviations = [CONTEXT.subtract(number, mean) for number in numbers]
    return CONTEXT.sqrt(CONTEXT.divide(_total([CONTEXT.multiply(d, d) for d in deviations]), Decimal(len(numbers) - 1)))


def _mode(items: list[object]) -> list[Decimal] | None:
    numbers = _numbers(items)
    if numbers is None:
        return None
    counts: dict[Decimal, int] = {}
    for number in numbers:
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _product(items: list[object]) -> Decimal | None:
    numbers = _numbers(items)
    if not numbers:
        return None
    product = Decimal(1)
    for number in numbers:
        product = CONTEXT.multiply(product, number)
    return product


def _all(items: list[object]) -> bool | None:
    if any(item is False for item in items):
        return False
    return True if all(item is True for item in items) else None


def _any(items: list[object]) -> bool | None:
    if any(item is True for item in items):
        return True
    return False if all(item is False for item in items) else None


def _effort(items: Sequence[object]) -> int:
    """Return the steps that comparing or adding up all items takes."""
    return len(items) // 4 + sum(len(item) for item in items if isinstance(item, str)) // operators.LONG_TEXT


def _add_aggregate(functions: Library, name: str, aggregate: Aggregate) -> None:
    def of_list(budget: Budget, value: object) -> object:
        if value is None:
            return None
        items = value if isinstance(value, list) else [value]
        budget.charge(_effort(items))
        return aggregate(items)

    def of_arguments(budget: Budget, *items: object) -> object:
        budget.charge(_effort(items))
        return aggregate(list(items))

    functions.add(name, "list: any", of_list, takes_budget=True)
    functions.add(name, "c1: any, c: any*", of_arguments, takes_budget=True)


# ---------------------------------------------------------------- lists
def _position(items: list[object], position: Decimal) -> int:
    index = int(position.to_integral_value(rounding="ROUND_DOWN"))
    if index == 0 or abs(index) > len(items):
        raise ValueError("no such position")
    return index - 1 if index > 0 else len(items) + index


def _sublist(items: list[object], start: Decimal, length: Decimal | None = None) -> list[object] | None:
    begin = _position(items, start)
    if length is None:
        return items[begin:]
    count = int(length)
    return items[begin : begin + count] if 0 <= count <= len(items) - begin else None


def _places(budget: Budget, items: list[object], wanted: object) -> list[Decimal]:
    budget.charge(len(items) // 4)
    return [Decimal(place) for place, item in enumerate(items, 1) if operators.equal(item, wanted, budget) is True]


def _concatenate(budget: Budget, *lists: list[object]) -> list[object]:
    joined: list[object] = []
    for items in lists:
        budget.charge(1 + len(items) // 8)
        joined += items
    return joined


def _distinct(budget: Budget, items: list[object]) -> list[object]:
    kept: list[object] = []
    seen: set[tuple[type, object]] = set()
    for item in items:
        budget.charge(1 + len(item) // operators.LONG_TEXT if isinstance(item, str) else 1)
        if isinstance(item, str | Decimal | Date):
            if (type(item), item) not in seen:
                seen.add((type(item), item))
                kept.append(item)
            continue
        budget.charge(len(kept) // 8)
        if not any(type(other) is type(item) and operators.equal(other, item, budget) is True for other in kept):
            kept.append(item)
    return kept


def _duplicates(budget: Budget, items: list[object]) -> list[object]:
    budget.charge(len(items) ** 2 // 8)
    repeated = [item for index, item in enumerate(items) if any(operators.equal(item, other, budget) is True for other in items[:index])]
    return _distinct(budget, repeated)


def _flatten(budget: Budget, items: list[object], depth: int = 0) -> list[object]:
    if depth > MAX_NESTING:
        raise FeelLimitError(f"Die Liste ist tiefer als {MAX_NESTING} Ebenen verschachtelt.")
    flat: list[object] = []
    for item in items:
        budget.charge(1)
        flat += _flatten(budget, item, depth + 1) if isinstance(item, list) else [item]
    return flat


def _insert(items: list[object], position: Decimal, item: object) -> list[object]:
    index = _position(items, position)
    return [*items[:index], item, *items[index:]]


def _remove(items: list[object], position: Decimal) -> list[object]:
    index = _position(items, position)
    return items[:index] + items[index + 1 :]


def _replace_at(items: list[object], position: Decimal, item: object) -> list[object]:
    index = _position(items, position)
    return [*items[:index], item, *items[index + 1 :]]


def _replace_where(budget: Budget, items: list[object], match: Closure, new: object) -> list[object] | None:
    if match.parameters is None or len(match.parameters) != 2:
        return None
    replaced = []
    for item in items:
        verdict = compiler.invoke(match, [item, new], None, budget)
        if not isinstance(verdict, bool):
            return None
        replaced.append(new if verdict else item)
    return replaced


def _sort(budget: Budget, items: list[object], precedes: Closure | None = None) -> list[object] | None:
    budget.charge(len(items) + _effort(items) * len(items).bit_length() // 4)
    if precedes is not None and precedes.parameters is not None and len(precedes.parameters) != 2:
        return None

    def before(one: object, other: object) -> bool | object:
        return operators.less(one, other) if precedes is None else compiler.invoke(precedes, [one, other], None, budget)

    def compare(one: object, other: object) -> int:
        if before(one, other) is True:
            return -1
        return 1 if before(other, one) is True else 0

    return sorted(items, key=cmp_to_key(compare))


def _partition(items: list[object], size: Decimal) -> list[list[object]] | None:
    return [items[start : start + int(size)] for start in range(0, len(items), int(size))] if size >= 1 else None


# ---------------------------------------------------------------- contexts
def _put(context: dict[str, object], keys: list[object], value: object) -> dict[str, object] | None:
    if not keys or not isinstance(keys[0], str):
        return None
    changed = dict(context)
    if len(keys) == 1:
        changed[keys[0]] = value
        return changed
    inner = changed.get(keys[0])
    if inner is not None and not isinstance(inner, dict):
        return None
    put = _put(inner or {}, keys[1:], value)
    if put is None:
        return None
    changed[keys[0]] = put
    return changed


def _get(context: object, keys: list[object]) -> object:
    for key in keys:
        if not isinstance(context, dict) or not isinstance(key, str):
            return None
        context = context.get(key)
    return context


def _merge(contexts: Sequence[object]) -> dict[str, object] | None:
    merged: dict[str, object] = {}
    for context in contexts:
        if not isinstance(context, dict):
            return None
        merged |= context
    return merged


def _context(entries: list[object]) -> dict[str, object] | None:
    built: dict[str, object] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("key"), str) or "value" not in entry or entry["key"] in built:
            return None
        built[entry["key"]] = entry["value"]
    return built


def add(functions: Library) -> None:
    """Declare the functions on lists and contexts."""
    aggregates: dict[str, Aggregate] = {
        "min": partial(_extreme, operators.less), "max": partial(_extreme, operators.greater), "sum": _sum, "mean": _mean,
        "median": _median, "stddev": _standard_deviation, "mode": _mode, "product": _product, "all": _all, "and": _all,
        "any": _any, "or": _any,
    }  # fmt: skip
    for name, aggregate in aggregates.items():
        _add_aggregate(functions, name, aggregate)
    put = functions.add
    put("list contains", "list: list, element: any", lambda budget, items, x: bool(_places(budget, items, x)), takes_budget=True)
    put("count", "list: list", lambda items: Decimal(len(items)))
    put("is empty", "list: list", lambda items: not items)
    put("sublist", "list: list, start position: number, length: number?", _sublist)
    put("append", "list: list, item: any*", lambda items, *more: [*items, *more])
    put("concatenate", "list: list*", _concatenate, takes_budget=True)
    put("union", "list: list*", lambda budget, *lists: _distinct(budget, _concatenate(budget, *lists)), takes_budget=True)
    put("distinct values", "list: list", _distinct, takes_budget=True)
    put("duplicate values", "list: list", _duplicates, takes_budget=True)
    put("flatten", "list: list", _flatten, takes_budget=True)
    put("insert before", "list: list, position: number, newItem: any", _insert)
    put("remove", "list: list, position: number", _remove)
    put("reverse", "list: list", lambda items: items[::-1])
    put("index of", "list: list, match: any", _places, takes_budget=True)
    put("list replace", "list: list, position: number, newItem: any", _replace_at)
    put("list replace", "list: list, match: function, newItem: any", _replace_where, takes_budget=True)
    put("sort", "list: list, precedes: function?", _sort, takes_budget=True)
    put("partition", "list: list, size: number", _partition)
    put("get value", "m: context, key: string", lambda context, key: context.get(key))
    put("get value", "m: context, keys: list", _get)
    put("get entries", "m: context", lambda context: [{"key": key, "value": value} for key, value in context.items()])
    put("context put", "context: context, key: string, value: any", lambda context, key, value: _put(context, [key], value))
    put("context put", "context: context, keys: list, value: any", _put)
    put("put", "context: context, key: string, value: any", lambda context, key, value: _put(context, [key], value))
    put("context merge", "contexts: list", _merge)
    put("context merge", "context: context*", lambda *contexts: _merge(contexts))
    put("put all", "context: context*", lambda *contexts: _merge(contexts))
    put("context", "entries: list", _context)
