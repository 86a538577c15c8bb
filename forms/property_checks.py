"""Which properties Camunda Forms knows for each component; what looks like one of them by mistake is told, for it would have no effect."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from forms.expression_checks import Placed, Tell

ALIKE = 0.8
COMMON = frozenset({"id", "type", "label", "description", "layout", "conditional", "properties"})
INPUT = COMMON | {"key", "defaultValue", "disabled", "readonly", "validate"}
OPTIONS = frozenset({"values", "valuesKey", "valuesExpression"})
PROPERTIES: Mapping[str, frozenset[str]] = {
    "textfield": INPUT | {"appearance"},
    "textarea": INPUT,
    "number": INPUT | {"appearance", "decimalDigits", "increment", "serializeToString"},
    "checkbox": INPUT,
    "checklist": INPUT | OPTIONS,
    "radio": INPUT | OPTIONS,
    "select": INPUT | OPTIONS | {"searchable"},
    "taglist": INPUT | OPTIONS,
    "datetime": (INPUT - {"label"})
    | {"subtype", "dateLabel", "timeLabel", "use24h", "timeInterval", "timeSerializingFormat", "disallowPassedDates"},
    "expression": COMMON | {"key", "expression", "computeOn"},
    "filepicker": INPUT | {"accept", "multiple"},
    "group": COMMON | {"path", "components", "showOutline", "verticalAlignment"},
    "dynamiclist": COMMON
    | {"path", "components", "showOutline", "verticalAlignment", "isRepeating", "allowAddRemove", "defaultRepetitions", "nonCollapsedItems",
       "disableCollapse", "readonly"},
    "text": COMMON | {"text"},
    "image": COMMON | {"source", "alt"},
    "table": COMMON | {"dataSource", "columns", "columnsExpression", "rowCount"},
    "documentPreview": COMMON | {"title", "dataSource", "maxHeight", "endpointKey"},
    "separator": COMMON,
    "spacer": COMMON | {"height"},
    "button": COMMON | {"action", "disabled", "key"},
}  # fmt: skip
RULES: Mapping[str, frozenset[str]] = {
    "textfield": frozenset({"required", "minLength", "maxLength", "pattern", "patternErrorMessage", "validationType"}),
    "textarea": frozenset({"required", "minLength", "maxLength"}),
    "number": frozenset({"required", "min", "max"}),
}
ANY_RULE = frozenset().union(*RULES.values())


def check(one: Placed, tell: Tell) -> None:
    """Tell of properties and rules that have no effect where they stand."""
    component = one.component
    known = PROPERTIES.get(component.type, frozenset())
    for name in sorted(set(one.drawn) - known):
        alike = difflib.get_close_matches(name, sorted(known), 1, ALIKE)
        if alike:
            tell(
                component,
                f"Die Eigenschaft „{name}“ gibt es nicht; gemeint ist wohl „{alike[0]}“.",
                "Bitte den Namen berichtigen.",
                warning=True,
            )
    rules = one.drawn.get("validate")
    allowed = RULES.get(component.type, frozenset({"required"}))
    for name in sorted(set(rules if isinstance(rules, Mapping) else ()) - allowed):
        if rules is not None and rules[name] in (None, "", False):
            continue
        if name in ANY_RULE:
            kinds = ", ".join(sorted(kind for kind, names in RULES.items() if name in names))
            tell(component, f"Die Regel „{name}“ gibt es an „{component.type}“ nicht, nur an {kinds}.", "Bitte die Regel entfernen.")
        elif name != "custom":
            alike = difflib.get_close_matches(name, sorted(allowed), 1, ALIKE)
            meant = f"; gemeint ist wohl „{alike[0]}“" if alike else ""
            tell(component, f"Die Regel „{name}“ gibt es nicht{meant}.", "Bitte den Namen berichtigen.")
