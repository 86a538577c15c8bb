"""Where the interfaces hang: the one list of their resources."""

from __future__ import annotations

from flask import Flask

from api.rest import oauth
from api.rest.camunda7 import (
    deployments,
    engines,
    external_tasks,
    histories,
    messages,
    migrations,
    process_definitions,
    process_instances,
    task_forms,
    task_variables,
    tasks,
    waits,
    webapps,
)
from api.rest.camunda8 import gateway, jobs, searches
from api.rest.camunda8 import process_instances as instances8

CAMUNDA7 = "/engine-rest"
RESOURCES = (
    engines,
    deployments,
    process_definitions,
    process_instances,
    messages,
    waits,
    migrations,
    external_tasks,
    tasks,
    task_forms,
    task_variables,
    histories,
)


def register(app: Flask) -> None:
    """Add the routes of all interfaces. A tenant is also an engine of its own name, as the clients of Camunda address one."""
    for bp in (webapps.bp, oauth.bp, gateway.bp, instances8.bp, jobs.bp, searches.bp):
        app.register_blueprint(bp)
    for resource in RESOURCES:
        app.register_blueprint(resource.bp, url_prefix=CAMUNDA7)
        app.register_blueprint(resource.bp, url_prefix=f"{CAMUNDA7}/engine/<engine>", name=f"{resource.bp.name}_of_engine")
