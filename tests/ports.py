"""Ports for what goes away and comes back at the same address.

One that the system gave away could be given to somebody else meanwhile, for it gives away dozens a second while tests
run. These are from below those, and each process of the tests has its own.
"""

import contextlib
import itertools
import os
import random
import socket

_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.count(20_000 + _PROCESS % 12 * 1_000 + random.randrange(500))


def free_port() -> int:
    """One at which nobody listens, another one each time."""
    for port in _ports:
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there is always another one")
