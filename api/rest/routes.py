"""Where the interfaces hang: the one list of their resources."""

from __future__ import annotations

from flask import Flask

from api.rest import oauth
from api.rest.camunda7 import (
    deployments,
    engines,
    external_tasks,
    histories,
    identities,
    messages,
    migrations,
    overviews,
    process_definitions,
    process_instances,
    task_forms,
    task_variables,
    tasks,
    waits,
    webapps,
)
from api.rest.camunda8 import documents, element_instances, gateway, incidents, jobs, searches
from api.rest.camunda8 import messages as messages8
from api.rest.camunda8 import process_definitions as definitions8
from api.rest.camunda8 import process_instances as instances8
from api.rest.camunda8 import user_tasks as user_tasks8

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
    identities,
    overviews,
)


CAMUNDA8 = (gateway, definitions8, instances8, searches, element_instances, user_tasks8, jobs, messages8, incidents, documents)


def register(app: Flask) -> None:
    """Add the routes of all interfaces. A tenant is also an engine of its own name, as the clients of Camunda address one."""
    for resource in (webapps, oauth, *CAMUNDA8):
        app.register_blueprint(resource.bp)
    for resource in RESOURCES:
        app.register_blueprint(resource.bp, url_prefix=CAMUNDA7)
        app.register_blueprint(resource.bp, url_prefix=f"{CAMUNDA7}/engine/<engine>", name=f"{resource.bp.name}_of_engine")
