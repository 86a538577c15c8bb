"""What is where in an instance: tokens by their scope and by what they hang on, scopes by their owner and by the scope around them.

Looking through all of them for each one that ends would make the end of a thousand children cost their square.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.spiff.tokens import Scope, Token


class Near:
    """Kept up to date as tokens and scopes come; ended tokens stay until `only` drops them. All answers are in the order of numbers."""

    def __init__(self) -> None:
        self._in_scope: dict[int, dict[int, Token]] = {}
        self._at_host: dict[int, dict[int, Token]] = {}
        self._owned: dict[int, dict[int, Scope]] = {}
        self._within: dict[int, dict[int, Scope]] = {}

    # -- what comes and goes
    def add(self, token: Token) -> None:
        """Note a token; its scope never changes, what it hangs on only ends."""
        self._in_scope.setdefault(token.scope, {})[token.number] = token
        if token.host is not None:
            self._at_host.setdefault(token.host, {})[token.number] = token

    def only(self, tokens: Iterable[Token]) -> None:
        """Forget all tokens but these."""
        self._in_scope, self._at_host = {}, {}
        for token in tokens:
            self.add(token)

    def add_scope(self, scope: Scope) -> None:
        if scope.owner is not None:
            self._owned.setdefault(scope.owner, {})[scope.id] = scope
        if scope.parent is not None:
            self._within.setdefault(scope.parent, {})[scope.id] = scope

    def drop_scope(self, scope: Scope) -> None:
        if scope.owner is not None:
            _discard(self._owned, scope.owner, scope.id)
        if scope.parent is not None:
            _discard(self._within, scope.parent, scope.id)

    def only_scopes(self, scopes: Iterable[Scope]) -> None:
        """Forget all scopes but these."""
        self._owned, self._within = {}, {}
        for scope in scopes:
            self.add_scope(scope)

    # -- what is where
    def at(self, host: int, role: str) -> list[Token]:
        """Return the live tokens of a role that hang on a token: boundary events, events behind a gateway, instances of a loop."""
        found = self._at_host.get(host)
        if found is None:
            return []
        return [found[number] for number in sorted(found) if found[number].role == role and found[number].is_live]

    def in_scope(self, scope_id: int) -> list[Token]:
        """Return the live tokens in just this scope."""
        found = self._in_scope.get(scope_id)
        return [] if found is None else [found[number] for number in sorted(found) if found[number].is_live]

    def inside(self, scope_id: int) -> list[Token]:
        """Return the live tokens in a scope and in all scopes inside it."""
        found = {
            token.number: token for one in self._down_from(scope_id) for token in self._in_scope.get(one, {}).values() if token.is_live
        }
        return [found[number] for number in sorted(found)]

    def owned_by(self, owner: int) -> list[Scope]:
        """Return the scopes of a token."""
        found = self._owned.get(owner)
        return [] if found is None else [found[number] for number in sorted(found)]

    def within(self, scope_id: int) -> list[Scope]:
        """Return the scopes directly inside a scope."""
        found = self._within.get(scope_id)
        return [] if found is None else [found[number] for number in sorted(found)]

    def _down_from(self, scope_id: int) -> Iterator[int]:
        todo = [scope_id]
        while todo:
            one = todo.pop()
            yield one
            todo += self._within.get(one, ())


def _discard(found: dict[int, dict[int, Scope]], key: int, scope_id: int) -> None:
    held = found.get(key)
    if held is not None:
        held.pop(scope_id, None)
        if not held:
            del found[key]
