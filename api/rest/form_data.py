"""What a client submits for a form: typed variables as the form's fields read them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import forms
from api.rest import variables
from engine import errors


def submitted(form: forms.Form, given: Mapping[str, object], known: Mapping[str, object]) -> dict[str, object]:
    """Return typed values as a browser would have sent them. known: the variables before; sent unchanged, they are no input.

    Camunda has no type for a date without a time: a `Date` for a date field is the day on Berlin's clock. Raises errors.InvalidInput for
    a name that is no field: ignoring it would lose what somebody meant to set.
    """
    strange = sorted(name for name, value in given.items() if name not in form.keys and (name not in known or known[name] != value))
    if strange:
        fields = ", ".join(sorted(form.keys)) or "keine"
        raise errors.InvalidInput(f"„{strange[0][:80]}“ ist kein Feld des Formulars „{form.id}“. Seine Felder sind: {fields}.")
    days = {component.path[0] for component in form.components if component.type == "datetime" and component.subtype == "date"}
    return {name: variables.plain(_day(value) if name in days else value) for name, value in given.items() if name in form.keys}


def _day(value: object) -> object:
    return value.astimezone(variables.BERLIN).date() if isinstance(value, datetime) and value.tzinfo else value
