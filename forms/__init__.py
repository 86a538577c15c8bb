"""Camunda Forms on the server: read a .form file, find its faults, prefill it, and check what a browser submitted.

Knows no database. The browser's checks are comfort only; `validate` decides, with the form version pinned to the case.
"""

from __future__ import annotations

from forms.attachments import placed
from forms.checks import check
from forms.chosen import Chosen
from forms.display import german_schema
from forms.evaluation import holds
from forms.inputs import is_note
from forms.model import Component, Form, walk
from forms.prefilling import browser_data, plain, prefill
from forms.reader import as_far_as_readable, read
from forms.validation import Result, validate

__all__ = [
    "Chosen",
    "Component",
    "Form",
    "Result",
    "as_far_as_readable",
    "browser_data",
    "check",
    "german_schema",
    "holds",
    "is_note",
    "placed",
    "plain",
    "prefill",
    "read",
    "validate",
    "walk",
]
