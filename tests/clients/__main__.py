"""Install what the tests of the real clients need."""

from tests import clients

clients.ensure()
