"""What a compiled expression runs in: the variables of its level, those around it, and the budget it draws on."""

from __future__ import annotations

from collections.abc import Mapping

from engine.feel.budget import Budget
from engine.feel.values import enter


class Scope:
    """Variables of one level and the level around it."""

    __slots__ = ("budget", "outer", "variables")

    def __init__(self, variables: Mapping[str, object], outer: Scope | None, budget: Budget) -> None:
        self.variables = variables
        self.outer = outer
        self.budget = budget


class HostVariables(dict[str, object]):
    """The caller's variables, converted when first used."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, object]) -> None:
        super().__init__()
        self.raw = raw

    def __contains__(self, name: object) -> bool:
        return name in self.raw

    def __missing__(self, name: str) -> object:
        value = self[name] = enter(self.raw[name])
        return value
