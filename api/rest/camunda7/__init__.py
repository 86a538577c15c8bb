"""Camunda 7's REST interface under /engine-rest, and once more under /engine-rest/engine/<tenant>: a tenant is a named engine."""
