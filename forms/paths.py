"""Where the value of a key lives: contexts within contexts, read and written by a path of names."""

from __future__ import annotations

from collections.abc import Mapping


def value_at(data: Mapping[str, object], path: tuple[str, ...]) -> object:
    """Return the value at a path of names, or None."""
    current: object = data
    for part in path:
        if not isinstance(current, Mapping):
            return None
        current = current.get(part)
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


def merged(known: Mapping[str, object], typed: Mapping[str, object]) -> dict[str, object]:
    """Return `known` with `typed` over it; contexts are merged, never changed in place."""
    both = dict(known)
    for name, value in typed.items():
        below = both.get(name)
        both[name] = merged(below, value) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return both
