"""Files chosen in a form: which may be meant, how many, of which kinds. What kind a file is was told by its bytes before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine import documents, media_types
from forms import evaluation, inputs, model, paths
from forms.evaluation import Run
from forms.model import Component, Form

TYPES = frozenset(media_types.EXTENSIONS.values())


def read(run: Run, component: Component, raw: object) -> tuple[object, str | None]:
    """Return (the chosen files as a list of references, or None; message).

    raw: as form-js sends it, a key under which files came; or a list of such keys and of references the case has already.
    """
    if isinstance(raw, list) and len(raw) > inputs.MAX_ROWS:
        return None, f"„{component.label}“: Die Auswahl ist nicht lesbar."
    found: list[Mapping[str, Any]] = []
    for item in raw if isinstance(raw, list) else [] if raw in (None, "") else [raw]:
        key = item.get("documentId") if isinstance(item, Mapping) else item
        new = run.chosen.get(key, ()) if isinstance(key, str) else ()
        problem = next((one.problem for one in new if one.problem), "")
        if problem:
            return None, f"„{component.label}“: {problem}"
        known = [one.document for one in new] or _known(run, item)
        if not known:
            return None, f"„{component.label}“: Die Datei ist nicht mitgekommen oder gehört nicht zu diesem Vorgang. Bitte neu auswählen."
        found += [one for one in known if one not in found]
    return found or None, None


def _known(run: Run, item: object) -> list[Mapping[str, Any]]:
    """Return the file among the values of the case that an item refers to; never another case's."""
    wanted = documents.id_of(item if isinstance(item, Mapping) else {"documentId": item})
    return [one for one in documents.walk(run.base) if documents.id_of(one) == wanted][:1] if wanted is not None else []


def broken(run: Run, component: Component, value: object, seen: Mapping[str, object]) -> str | None:
    """Return the German message of the first rule that chosen files break, or None."""
    files = value if isinstance(value, list) else []
    if len(files) > 1 and _rule(run, component.multiple, seen) is not True:
        return f"„{component.label}“: Bitte nur eine Datei auswählen."
    accept = _rule(run, component.accept, seen)
    for one in files:
        name, kind = documents.name_of(one), str((one.get("metadata") or {}).get("contentType"))
        if isinstance(accept, str) and accept.strip() and not accepts(accept, kind):
            return f"„{component.label}“: „{name}“ ist keine der gewünschten Arten ({accept.strip()}). Bitte eine andere Datei auswählen."
    return None


def accepts(accept: str, media_type: str) -> bool:
    """Return whether `accept` (extensions and media types, as in HTML) allows a kind of file."""
    return media_type in {kind for token in tokens(accept) for kind in kinds(token)}


def tokens(accept: str) -> list[str]:
    """Return the single entries of `accept`."""
    return [token.strip().lower() for token in accept.split(",") if token.strip()]


def kinds(token: str) -> frozenset[str]:
    """Return the media types that an entry of `accept` allows, of those that are kept at all."""
    if token.startswith("."):
        kind = media_types.EXTENSIONS.get(token[1:])
        return frozenset() if kind is None else frozenset({kind})
    if token.endswith("/*"):
        return frozenset(kind for kind in TYPES if token == "*/*" or kind.startswith(token[:-1]))
    return TYPES & {token}


def placed(form: Form, values: Mapping[str, object]) -> Iterator[tuple[Component, Mapping[str, Any]]]:
    """Yield (file picker, reference) for every file in the checked values of a form, rows of dynamic lists included."""
    return _placed(form.components, values)


def _placed(components: Sequence[Component], values: Mapping[str, object]) -> Iterator[tuple[Component, Mapping[str, Any]]]:
    for component in model.walk(tuple(components)):
        if component.type == "filepicker":
            for one in documents.walk(paths.value_at(values, component.path)):
                yield component, one
        elif component.type == "dynamiclist":
            rows = paths.value_at(values, component.path)
            for row in rows if isinstance(rows, list) else []:
                yield from _placed(component.children, row if isinstance(row, Mapping) else {})


def _rule(run: Run, rule: model.Rule, seen: Mapping[str, object]) -> object:
    return evaluation.evaluate(run, rule.expression, seen) if rule.expression is not None else rule.constant
