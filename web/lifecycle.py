"""Whether the server is on its way out."""

import asyncio


class Lifecycle:
    """`stopping` is set as soon as the server is asked to stop: it is not ready any more, and streams end."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
