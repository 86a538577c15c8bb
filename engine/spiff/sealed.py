"""Variables whose lists and contexts stay packed until somebody reads them.

While an activity keeps its children apart, the process around it is loaded for each child; a list of a thousand entries that the
step does not look at would cost more than the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine import values


class Variables(dict[str, object]):
    """The variables of a scope; `changed` are the names set or removed since it was loaded. Reading a sealed value gives a copy of it."""

    def __init__(self, kept: Mapping[str, object]) -> None:
        super().__init__(kept)
        self.changed: set[str] = set()

    def __getitem__(self, name: str) -> object:
        value = super().__getitem__(name)
        return value.open() if isinstance(value, values.Sealed) else value

    def __setitem__(self, name: str, value: object) -> None:
        self.changed.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        self.changed.add(name)
        super().__delitem__(name)

    def __iter__(self) -> Iterator[str]:
        # Of our own, so that dict(...) and {**...} ask for each value instead of copying what is sealed.
        return iter(super().keys())

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def items(self) -> Any:
        return [(name, self[name]) for name in self]

    def values(self) -> Any:
        return [self[name] for name in self]

    def update(self, *given: Any, **more: Any) -> None:
        for name, value in dict(*given, **more).items():
            self[name] = value

    def __ior__(self, given: Mapping[str, object]) -> Variables:  # type: ignore[override, misc]  # no pairs
        self.update(given)
        return self

    def copy(self) -> Variables:
        """Return the same variables, sealed as they are."""
        return Variables(dict(self.kept()))

    def kept(self) -> Iterable[tuple[str, object]]:
        """Return name and value as they are kept, sealed or not."""
        return super().items()


def seal(variables: dict[str, object]) -> Variables:
    """Return the variables with every list and context packed."""
    kept = variables.kept() if isinstance(variables, Variables) else variables.items()
    return Variables({name: values.Sealed(values.pack(value)) if isinstance(value, list | dict) else value for name, value in kept})


def unseal(variables: dict[str, object]) -> dict[str, object]:
    """Return the variables as a plain dict."""
    return dict(variables.items())


def loaded(variables: dict[str, object]) -> dict[str, object]:
    """Return variables as they were unpacked, ready to be read."""
    return Variables(variables) if any(isinstance(value, values.Sealed) for value in variables.values()) else variables
