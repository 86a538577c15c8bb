"""Where the value of a key lives: contexts within contexts, read and written by a path of names."""

from __future__ import annotations

from collections.abc import Mapping

MISSING = object()


def value_at(data: Mapping[str, object], path: tuple[str, ...], missing: object = None) -> object:
    """Return the value at a path of names, or `missing`."""
    current: object = data
    for part in path:
        if not isinstance(current, Mapping) or part not in current:
            return missing
        current = current[part]
    return current


def put(data: dict[str, object], path: tuple[str, ...], value: object) -> None:
    """Set the value at a path of names; contexts on the way are copied, never changed in place."""
    current = data
    for part in path[:-1]:
        below = current.get(part)
        inner: dict[str, object] = dict(below) if isinstance(below, Mapping) else {}
        current[part] = inner
        current = inner
    current[path[-1]] = value


def remove(data: dict[str, object], path: tuple[str, ...]) -> None:
    """Take the value at a path of names away, and contexts that become empty by it; contexts on the way are copied."""
    below = data.get(path[0])
    if len(path) > 1:
        if not isinstance(below, Mapping):
            return
        inner = dict(below)
        remove(inner, path[1:])
        if inner:
            data[path[0]] = inner
            return
    data.pop(path[0], None)


def merged(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Return `below` with `above` over it; contexts are merged, never changed in place."""
    both = dict(below)
    for name, value in above.items():
        under = both.get(name)
        both[name] = merged(under, value) if isinstance(value, Mapping) and isinstance(under, Mapping) else value
    return both


def mapping(value: object) -> Mapping[str, object]:
    """Return the value if it is a context, else an empty one."""
    return value if isinstance(value, Mapping) else {}
