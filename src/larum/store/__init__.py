"""SQL and bytes, and nothing but."""
