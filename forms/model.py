"""A form as frozen values: its components in order, with every FEEL text compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine import feel

KEYED = frozenset({
    "textfield", "textarea", "number", "checkbox", "checklist", "radio", "select", "taglist", "datetime", "expression", "filepicker",
})  # fmt: skip
CONTAINERS = frozenset({"group", "dynamiclist"})
SHOWN_ONLY = frozenset({"text", "image", "table", "documentPreview", "separator", "spacer", "button", "default"})
REFUSED = {
    "html": "HTML im Formular wird nicht angezeigt. Bitte eine Textkomponente (Markdown) verwenden.",
    "iframe": "Fremde Seiten im Formular werden nicht angezeigt. Bitte einen Link in eine Textkomponente setzen.",
}
SCHEMA_VERSION = 19


@dataclass(frozen=True, slots=True)
class Option:
    value: object
    label: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit that is a constant or a FEEL expression."""

    constant: object
    expression: feel.Expression | None


@dataclass(frozen=True, slots=True)
class Condition:
    """When a component is hidden or read-only: a constant, or a FEEL expression."""

    constant: bool = False
    expression: feel.Expression | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """One component. path: where its value lives, from the form's root or, in a dynamic list, from the row.

    hide, readonly: when it is. disabled: in the viewer any text disables, also "=false". note: its text is stored in the case file.
    """

    id: str
    type: str
    label: str
    path: tuple[str, ...]
    hide: Condition
    readonly: Condition
    disabled: bool
    validate: Mapping[str, Rule] = field(default_factory=dict)
    options: tuple[Option, ...] | None = None
    options_key: str | None = None
    options_expression: feel.Expression | None = None
    expression: feel.Expression | None = None
    subtype: str = ""
    serialize_to_string: bool = False
    decimal_digits: int | None = None
    increment: object = None
    time_format: str = ""
    disallow_passed_dates: bool = False
    default: object = None
    note: bool = False
    children: tuple[Component, ...] = ()
    default_rows: int = 1  # of a dynamic list, where the data hold none
    is_fixed: bool = False  # a dynamic list in which rows are neither added nor removed
    minutes: int = 15  # between the times that may be chosen
    accept: Rule = Rule(None, None)  # of a file picker: which kinds, and whether several
    multiple: Rule = Rule(None, None)

    @property
    def key(self) -> str:
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Form:
    """A form by its id; `schema` is the JSON that the browser gets."""

    id: str
    schema: Mapping[str, object]
    components: tuple[Component, ...]

    @property
    def keys(self) -> frozenset[str]:
        """Top-level names that the form may set."""
        return frozenset(component.path[0] for component in walk(self.components) if component.path)

    @property
    def choices(self) -> dict[str, frozenset[str]]:
        """Top-level names that one of a few texts is chosen for, with those texts."""
        found: dict[str, frozenset[str]] = {}
        for component in walk(self.components):
            options = component.options if component.type in ("radio", "select") and len(component.path) == 1 else None
            if options is not None and component.options_key is None and component.options_expression is None:
                texts = frozenset(option.value for option in options if isinstance(option.value, str))
                found[component.path[0]] = found.get(component.path[0], frozenset()) | texts
        return found


def walk(components: tuple[Component, ...]) -> list[Component]:
    """Return the components and those in groups; rows of dynamic lists are their own world and are not entered."""
    found: list[Component] = []
    for component in components:
        found.append(component)
        if component.type == "group":
            found += walk(component.children)
    return found
