"""Who may do what: local users, roles per tenant, sessions kept on the server."""
