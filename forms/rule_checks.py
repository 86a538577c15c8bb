"""Findings about one component: rules that nothing can meet, options nobody can choose, values the viewer does not take."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from forms import evaluation, inputs, options, patterns
from forms.expression_checks import SPECIAL, Placed, Tell
from forms.reader import INTERVALS

FORMATS = ("utc_offset", "utc_normalized", "no_timezone")
KINDS_OF_TEXT = ("email", "phone", "custom")
CALCULATED = ("change", "presubmit")


def check(one: Placed, tell: Tell) -> None:
    """Tell what is wrong with a component by itself."""
    _names(one, tell)
    _conditions(one, tell)
    _rules(one, tell)
    if one.component.type in options.CHOICES:
        _options(one, tell)
    elif one.component.type == "datetime":
        _moment(one, tell)
    elif one.component.type == "number":
        _number(one, tell)
    elif one.component.type == "expression":
        _expression(one, tell)
    elif one.component.type == "dynamiclist":
        _list(one, tell)


def _names(one: Placed, tell: Tell) -> None:
    if not one.component.id:
        tell(one.component, "Der Komponente fehlt die ID.", "Bitte eine vergeben, z. B. wie ihr Schlüssel.")
    for name in sorted(set(one.component.path) & SPECIAL):
        tell(one.component, f"„{name}“ ist in Ausdrücken die Zeile, in der sie stehen.", "Bitte den Schlüssel anders nennen.")


def _conditions(one: Placed, tell: Tell) -> None:
    conditional = one.drawn.get("conditional")
    hide = conditional.get("hide") if isinstance(conditional, Mapping) else None
    if hide and not (isinstance(hide, str) and hide.startswith("=")):
        tell(one.component, "Die Bedingung der Sichtbarkeit beginnt nicht mit „=“ und hat keine Wirkung.", "Bitte „=“ davor setzen.")
    for name in ("readonly", "disabled"):
        value = one.drawn.get(name)
        if isinstance(value, bool | None) or (name == "readonly" and isinstance(value, str) and value.startswith("=")):
            continue
        what = "sperrt das Feld immer, auch „=false“" if name == "disabled" else "gilt immer"
        tell(
            one.component,
            f"„{name}“ mit „{value}“ {what}.",
            "Bitte true oder false angeben" + (", oder readonly." if name == "disabled" else "."),
        )


def _rules(one: Placed, tell: Tell) -> None:
    component = one.component
    rules = {
        name: rule.constant for name, rule in component.validate.items() if rule.expression is None and rule.constant not in (None, "")
    }
    if "required" in rules and not isinstance(rules["required"], bool):
        tell(component, f"„required“ mit „{rules['required']}“ gilt immer, auch als Ausdruck.", "Bitte true oder false angeben.")
    numbers: dict[str, Decimal | None] = {
        name: _limit(one, name, rules[name], tell) for name in ("min", "max", "minLength", "maxLength") if name in rules
    }
    for low, high in (("min", "max"), ("minLength", "maxLength")):
        lowest, highest = numbers.get(low), numbers.get(high)
        if lowest is not None and highest is not None and lowest > highest:
            tell(component, f"„{low}“ ist größer als „{high}“.", "Bitte die Grenzen berichtigen.")
    pattern = rules.get("pattern")
    problem = patterns.problem(pattern) if isinstance(pattern, str) else None
    if problem:
        tell(component, f"Das Muster „{pattern}“ ist nicht verwendbar: {problem}.", "Bitte das Muster vereinfachen.")
    kind = rules.get("validationType")
    if kind is not None and kind not in KINDS_OF_TEXT:
        tell(component, f"Die Art der Prüfung „{kind}“ gibt es nicht.", "Möglich sind email, phone und custom (mit einem Muster).")


def _limit(one: Placed, name: str, value: object, tell: Tell) -> Decimal | None:
    number = evaluation.decimal(value)
    if number is None or (name.endswith("Length") and (number != number.to_integral_value() or number < 0)):
        wanted = "eine ganze Zahl ab 0" if name.endswith("Length") else "eine Zahl"
        tell(one.component, f"„{name}“ ist „{value}“; erwartet wird {wanted} oder ein Ausdruck mit „=“.", "Bitte die Grenze berichtigen.")
        return None
    return number


def _options(one: Placed, tell: Tell) -> None:
    component, drawn = one.component, one.drawn
    sources = [name for name in ("values", "valuesKey", "valuesExpression") if drawn.get(name)]
    if len(sources) > 1:
        tell(component, f"Die Auswahl hat mehrere Quellen ({', '.join(sources)}); gezeigt wird eine.", "Bitte nur eine angeben.")
    if not sources:
        tell(component, "Die Auswahl hat keine Werte.", "Bitte Werte, „valuesKey“ oder „valuesExpression“ angeben.")
    expression = drawn.get("valuesExpression")
    if expression and not str(expression).startswith("="):
        tell(component, "Der Ausdruck der Auswahl beginnt nicht mit „=“.", "Bitte „=“ davor setzen.")
    values = drawn.get("values")
    if not isinstance(values, list) or sources != ["values"]:
        return
    offered = options.values_of(component, {}, {}, None)
    if len(offered) < len(values):
        told = f"{len(values) - len(offered)} von {len(values)} Werten zeigt der Browser nicht: ohne Wert, oder ohne Beschriftung."
        tell(component, told, "Bitte beides ausfüllen.")
    twice = sorted({str(value) for number, value in enumerate(offered) if options.is_among(value, offered[:number])})
    if twice:
        tell(component, f"Der Wert „{twice[0]}“ kommt in der Auswahl mehrmals vor.", "Bitte jeden Wert nur einmal verwenden.")
    default = component.default
    chosen = default if isinstance(default, list) else [default]
    if default is not None and any(not options.is_among(item, offered) for item in chosen):
        tell(component, f"Die Vorgabe „{default}“ steht nicht zur Auswahl.", "Bitte einen der Werte angeben.")


def _moment(one: Placed, tell: Tell) -> None:
    component, drawn = one.component, one.drawn
    if component.subtype not in ("date", "time", "datetime"):
        tell(component, f"Die Art „{component.subtype}“ gibt es nicht.", "Möglich sind date, time und datetime.")
        return
    if component.subtype != "date":
        interval, form = drawn.get("timeInterval"), drawn.get("timeSerializingFormat")
        if interval is not None and interval not in INTERVALS:
            allowed = ", ".join(map(str, INTERVALS))
            tell(
                component,
                f"Der Browser kennt keine Schritte von {interval} Minuten und nimmt 15.",
                f"Möglich sind {allowed}.",
                warning=True,
            )
        if form is not None and form not in FORMATS:
            tell(component, f"Die Schreibweise „{form}“ gibt es nicht.", f"Möglich sind {', '.join(FORMATS)}.")
    if component.default is not None and inputs.read(component, component.default)[1]:
        tell(component, f"Die Vorgabe „{component.default}“ ist kein solcher Zeitpunkt.", "Bitte in der Form JJJJ-MM-TT und hh:mm angeben.")


def _number(one: Placed, tell: Tell) -> None:
    component, drawn = one.component, one.drawn
    digits = drawn.get("decimalDigits")
    if digits is not None and (not isinstance(digits, int) or isinstance(digits, bool) or digits < 0):
        tell(component, f"„decimalDigits“ ist „{digits}“; erwartet wird eine ganze Zahl ab 0.", "Bitte berichtigen.")
    step = drawn.get("increment")
    if step not in (None, "") and (evaluation.decimal(step) or 0) <= 0:
        tell(component, f"„increment“ ist „{step}“; erwartet wird eine Zahl über 0.", "Bitte berichtigen.")
    if component.default not in (None, "") and inputs.number(component.default) is None:
        tell(component, f"Die Vorgabe „{component.default}“ ist keine Zahl.", "Bitte berichtigen.")


def _expression(one: Placed, tell: Tell) -> None:
    text: Any = one.drawn.get("expression")
    if not isinstance(text, str) or not text.startswith("="):
        tell(one.component, "Der Ausdruck fehlt oder beginnt nicht mit „=“.", "Bitte einen FEEL-Ausdruck mit „=“ angeben.")
    if one.drawn.get("computeOn", "change") not in CALCULATED:
        tell(one.component, f"„computeOn“ ist „{one.drawn.get('computeOn')}“.", "Möglich sind change und presubmit.")


def _list(one: Placed, tell: Tell) -> None:
    if not one.component.children:
        tell(one.component, "Die Liste hat keine Felder.", "Bitte Felder hineinziehen oder die Liste entfernen.", warning=True)
    if one.drawn.get("isRepeating") is False:
        tell(one.component, "Die Liste wiederholt sich nicht („isRepeating“ ist false).", "Bitte eine Gruppe verwenden.")
