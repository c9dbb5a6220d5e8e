"""The edge: the ASGI app, tokens, health, pages."""
