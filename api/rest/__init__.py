"""Interfaces for programs: Camunda 7's REST under /engine-rest, Camunda 8's under /v2. Thin: verbs of the engine, no rules of its own.

Every route is declared once, with `operations.operation`: who may call it, what it reads, what it answers. The declaration checks
the request and is the source of the OpenAPI description.
"""
