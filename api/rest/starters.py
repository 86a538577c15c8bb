"""Who may start a process over an interface, and with which business key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api import app, strict_json
from engine import errors

ROLES = ("claims_clerk", "team_lead", "creditor_clerk", "worker", "designer")
MAX_BUSINESS_KEY = 255


def may_start(meta: Mapping[str, Any]) -> None:
    """Refuse whom the diagram does not name; a designer tries out in a sandbox, a real case is begun by those who answer for it.

    meta: of the definition.
    """
    session, named = app.session(), meta.get("starters") or ()
    if session.is_sandbox and session.may("designer"):
        return
    if named and not session.may("admin", *named):
        raise errors.NotAllowed(f"Diesen Prozess starten laut Diagramm nur: {', '.join(named)}.")
    if not session.may("admin", *(role for role in ROLES if role != "designer")):
        raise errors.NotAllowed("In der Produktivumgebung startet die Prozessgestaltung keine Vorgänge. Bitte in der Sandbox ausprobieren.")


def business_key_of(given: str | None) -> str:
    """Return a business key to store. Raises errors.InvalidInput for one too long."""
    if given is not None and (len(given) > MAX_BUSINESS_KEY or not strict_json.storable(given)):
        raise errors.InvalidInput(f"Der Geschäftsschlüssel ist länger als {MAX_BUSINESS_KEY} Zeichen.")
    return given or ""
