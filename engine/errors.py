"""The outcomes that are not success. Anything else that is raised is a bug and is not caught."""

from __future__ import annotations

from collections.abc import Mapping


class Rejected(Exception):
    """The caller is at fault and nothing changed. The message is German: what was expected, what was found, what to do."""


class NotFound(Rejected):
    """The thing does not exist, or not for this tenant."""


class InvalidState(Rejected):
    """The thing exists but cannot do this now (already completed, no longer wanted)."""


class InvalidInput(Rejected):
    """The input breaks a rule. `fields` holds one message per field id."""

    def __init__(self, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.fields: dict[str, str] = dict(fields or {})


class NotAllowed(Rejected):
    """The person lacks the role, or two persons are needed."""


class Conflict(Rejected):
    """Somebody else was faster; reload and look."""


class Incident(Exception):
    """The process cannot go on where it stands; becomes a row that a person resolves. `element_id` says where."""

    def __init__(self, message: str, element_id: str = "") -> None:
        super().__init__(message)
        self.element_id = element_id


class BpmnError(Exception):
    """An outcome that the diagram models: a topic raises it with the error code drawn there."""

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(message or code)
        self.code = code
