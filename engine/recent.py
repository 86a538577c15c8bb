"""What a long-lived process keeps of what it has read: as much as is allowed, what was asked for last; the rest is read again."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """At most `most` values by key. Threads share it without a lock: who asks in the very moment of another's asking reads again."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._held: OrderedDict[Key, Value] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: Key) -> Value | None:
        """Return the value of a key, which is now the last to go, or None."""
        found = self._held.pop(key, None)
        if found is not None:
            self._held[key] = found
        return found

    def keep(self, key: Key, value: Value) -> Value:
        """Keep a value and return it; the one that nobody asked for the longest goes."""
        self._held.pop(key, None)
        self._held[key] = value
        while len(self._held) > self.most:
            self._held.popitem(last=False)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
