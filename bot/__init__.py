"""The Discord bot: a client of the public API, nothing else. Imports none of the server."""
