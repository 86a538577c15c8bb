"""Decisions as an instance asks them: in the version its diagram binds, resolved at each step, because law changes under a running case."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, text

from engine import bindings, bundles, db, deployments, dmn, feel
from engine.spiff import definition as spiff
from engine.spiff.workflow import BoundDecision


def bound(tx: Connection, definition: spiff.Definition, bundle_id: int, *, tenant_id: int) -> dict[str, BoundDecision]:
    """Return the decisions a definition may ask, each in the version that its binding names (absent: the latest)."""
    runtime = db.runtime(tx)
    world_id = deployments.world_of(tx, tenant_id)
    now_newest = deployments.newest(tx, world_id)
    cached = runtime.bound.get(bundle_id)
    if cached is not None and cached[0] == now_newest:
        return cached[1]
    deployed = bundles.deployments_of_decisions(tx, bundle_id) if "deployment" in definition.decisions.values() else {}
    found: dict[str, BoundDecision] = {}
    for key, binding in definition.decisions.items():
        row = bindings.resolve(tx, world_id, "dmn", key, binding, deployment_id=deployed.get(key, 0))
        if row is not None:
            found[key] = version(tx, row.id, str(row.uuid), key, runtime.functions)
    return runtime.bound.keep(bundle_id, (now_newest, found))[1]


def version(tx: Connection, definition_id: int, uuid: str, key: str, functions: Iterable[feel.Function]) -> BoundDecision:
    """Return one version of a decision, parsed once per process of the program."""
    runtime = db.runtime(tx)
    parsed = runtime.models.get(definition_id)
    if parsed is None:
        query = text("select d.file, r.content from definition d join resource r on r.sha256 = d.sha256 where d.id = :id")
        row = tx.execute(query, {"id": definition_id}).one()
        parsed = runtime.models.keep(definition_id, dmn.parse(bytes(row.content), row.file, functions))
    return BoundDecision(uuid, parsed, key)
