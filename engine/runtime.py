"""What a process of the program holds in memory: host functions, topics, parsed definitions and live instances."""

from __future__ import annotations

import gc
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from engine import dmn, feel, files, recent
from engine.spiff import children

if TYPE_CHECKING:
    from engine.jobs import Topic
    from engine.spiff.definition import Definition
    from engine.spiff.step import Live
    from engine.spiff.workflow import BoundDecision

MAX_DEFINITIONS = 256  # diagrams with all they call: the largest of what is kept
MAX_KEPT = 1024
MAX_LIVE = 2000


def calm_garbage_collection() -> None:
    """Let a long-lived process look for garbage less often; to be called once everything is loaded.

    A reloaded instance is some thousand small objects, so the default threshold of 700 runs the collector several times in each step.
    Measured: a fifth of the CPU of a step.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class Runtime:
    """A resource without threads of its own. Live instances are cached by (tenant, instance) and checked by the head of their chain.

    name_of: who stands behind a login, for what people read; the program hands it in.
    """

    def __init__(
        self,
        functions: tuple[feel.Function, ...] = (),
        topics: Mapping[str, Topic] | None = None,
        *,
        keep_live: bool = True,
        name_of: Callable[[Connection, str], str] = lambda _, login: login,
        file_limits: files.Limits = files.Limits(),
    ) -> None:
        self.functions = functions
        self.name_of = name_of
        self.file_limits = file_limits
        self.topics: dict[str, Topic] = dict(topics or {})
        self.keep_live = keep_live
        self.split_above = children.SPLIT_ABOVE
        self.definitions: recent.Recent[int, Definition] = recent.Recent(MAX_DEFINITIONS)
        self.models: recent.Recent[int, dmn.Model] = recent.Recent(MAX_KEPT)
        self.worlds: recent.Recent[int, int] = recent.Recent(MAX_KEPT)
        # What follows from the deployments of a world, kept with the id of its newest definition: (newest, ...).
        self.bundles: recent.Recent[tuple[int, str], tuple[int, int]] = recent.Recent(MAX_KEPT)
        self.bound: recent.Recent[int, tuple[int, dict[str, BoundDecision]]] = recent.Recent(MAX_DEFINITIONS)
        self.event_starts: recent.Recent[int, tuple[int, dict[tuple[str, str], list[tuple[str, str]]]]] = recent.Recent(MAX_DEFINITIONS)
        self._live: OrderedDict[tuple[int, int], tuple[bytes, Live]] = OrderedDict()

    # -- live instances: taken out while a step changes them, put back only after the commit's transaction ended well
    def take_live(self, tx: Connection, tenant_id: int, instance_id: int, head: bytes) -> Live | None:
        """Return the live instance whose chain ends in `head`, and take it out of the cache.

        The head and not the revision: after a failed commit another process may have reached the same revision otherwise.
        """
        key = (tenant_id, instance_id)
        for kept in (tx.info.get("live", {}).pop(key, None), self._live.pop(key, None)):
            if kept is not None and kept[0] == head:
                live: Live = kept[1]
                return live
        return None

    def put_live(self, tx: Connection, tenant_id: int, instance_id: int, head: bytes, live: Live) -> None:
        """Keep the instance for the next step of this transaction, and of later ones once it has committed."""
        if self.keep_live:
            tx.info.setdefault("live", {})[(tenant_id, instance_id)] = (head, live)

    def forget(self, tx: Connection) -> None:
        """The transaction failed: what it changed in memory never happened."""
        tx.info.pop("live", None)

    def forget_if_unsaved(self, tx: Connection) -> None:
        """The transaction is about to commit: offer its instances to later ones. A failed commit is noticed by the head."""
        for key, kept in tx.info.pop("live", {}).items():
            self._live[key] = kept
        while len(self._live) > MAX_LIVE:
            self._live.popitem(last=False)
