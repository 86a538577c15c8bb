"""Pages of rows for programs that look: one listing per noun, with its filters and orders. Read-only; every row is of one tenant or world."""
