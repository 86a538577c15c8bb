"""The OpenAPI description of all interfaces, made from the declarations of their routes: what is served is what is described."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata

from flask import Flask
from werkzeug.routing import Rule

from api.rest import faults
from api.rest.operations import WORDS, Field, Operation, View

OPENAPI = "3.1.0"
SCHEMAS: dict[str, dict[str, object]] = {
    "text": {"type": "string"},
    "whole": {"type": "integer"},
    "flag": {"type": "boolean"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "object": {"type": "object"},
    "list": {"type": "array"},
    "any": {},
}
AREAS = {"/engine-rest": "Camunda 7", "/v2": "Camunda 8", "/oauth": "Anmeldung", "/.well-known": "Anmeldung"}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address, with how it is declared."""

    path: str
    method: str
    area: str
    topic: str
    operation: Operation

    @property
    def arguments(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def routes(app: Flask) -> list[Route]:
    """Return all routes of the interfaces by address; each tenant's own engine repeats /engine-rest and is left out."""
    return sorted(_routes(app), key=lambda route: (route.area, route.topic, route.path, route.method))


def _routes(app: Flask) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        if not faults.serves(rule.rule) or "engine" in rule.arguments:
            continue
        view = app.view_functions[rule.endpoint]
        if not isinstance(view, View):
            raise TypeError(f"{rule.endpoint} is not declared with operations.operation")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(_path(rule), method, _area(rule), _topic(rule), view.operation)


def openapi(app: Flask) -> dict[str, object]:
    """Return the description as OpenAPI 3.1."""
    paths: dict[str, dict[str, object]] = {}
    for route in routes(app):
        paths.setdefault(route.path, {})[route.method.lower()] = _described(route)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": "vollstreckung",
            "version": metadata.version("vollstreckung"),
            "description": "Schnittstellen für Programme, in der Form von Camunda 7 (/engine-rest) und Camunda 8 (/v2). "
            "Unter /engine-rest/engine/{mandant} steht alles aus /engine-rest noch einmal, für diesen Mandanten.",
        },
        "security": [{"basic": []}, {"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "Benutzername und Passwort eines Kontos"},
                "bearer": {"type": "http", "scheme": "bearer", "description": "Token aus /oauth/token"},
            },
            "schemas": {
                "Fault": _object({"type": Field("text", ""), "message": Field("text", "was falsch ist und was zu tun ist")}),
                "Problem": _object({"title": Field("text", ""), "status": Field("whole", ""), "detail": Field("text", "was falsch ist")}),
            },
        },
    }


def _described(route: Route) -> dict[str, object]:
    operation = route.operation
    described: dict[str, object] = {
        "summary": operation.summary,
        "tags": [f"{route.area}: {route.topic}"],
        "operationId": f"{route.method.lower()}_{route.path.strip('/')}".replace("/", "_").replace("{", "").replace("}", ""),
        "parameters": [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in route.arguments]
        + [
            {"name": name, "in": "query", "required": one.required, "description": one.note, "schema": SCHEMAS[one.kind]}
            for name, one in operation.query.items()
        ],
        "responses": _responses(route),
    }
    if operation.body is not None:
        described["requestBody"] = {"content": {"application/json": {"schema": _object(operation.body)}}}
    if not operation.roles:
        described["security"] = []
    else:
        described["x-roles"] = list(operation.roles)
    return described


def _responses(route: Route) -> dict[str, object]:
    operation = route.operation
    shape = "Problem" if route.area == "Camunda 8" else "Fault"
    content_type = "application/problem+json" if shape == "Problem" else "application/json"
    fault = {
        "description": "Abgelehnt; nichts wurde geändert.",
        "content": {content_type: {"schema": {"$ref": f"#/components/schemas/{shape}"}}},
    }
    if operation.status == 204:
        return {"204": {"description": "Erledigt."}, "4XX": fault}
    return {str(operation.status): {"description": operation.answer or "Erledigt.", "content": {operation.content: {}}}, "4XX": fault}


def _object(fields: dict[str, Field]) -> dict[str, object]:
    properties = {name: SCHEMAS[one.kind] | ({"description": one.note} if one.note else {}) for name, one in fields.items()}
    described: dict[str, object] = {"type": "object", "properties": properties}
    required = [name for name, one in fields.items() if one.required]
    return described | {"required": required} if required else described


def word(field: Field) -> str:
    """Return a field's kind in German, for the page."""
    return WORDS[field.kind]


def _path(rule: Rule) -> str:
    return rule.rule.replace("<", "{").replace(">", "}")


def _area(rule: Rule) -> str:
    return next(area for prefix, area in AREAS.items() if rule.rule.startswith(prefix))


def _topic(rule: Rule) -> str:
    parts = [part for part in rule.rule.split("/") if part and part not in ("engine-rest", "v2")]
    return "/".join(parts[:2]) if parts[0] in ("history", "oauth") else parts[0]
