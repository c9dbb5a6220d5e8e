"""Where the tests' databases lie: in memory where there is room, which makes a new one five times as fast."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

MEMORY = Path("/dev/shm")  # noqa: S108 - a place, no file of a foreseeable name
ROOM = 4 << 30


def _in_memory() -> bool:
    # Containers often give it 64 MB, and a machine may have handed its memory to others.
    return (
        MEMORY.is_dir()
        and os.access(MEMORY, os.W_OK)
        and shutil.disk_usage(MEMORY).free >= ROOM
        and psutil.virtual_memory().available >= ROOM
    )


IN_MEMORY = _in_memory()
HOME = MEMORY if IN_MEMORY else Path(tempfile.gettempdir())
"""What folders with databases are made in: ``tempfile.mkdtemp(dir=HOME)``."""
COPIED = "STRATEGY FILE_COPY" if IN_MEMORY else "STRATEGY WAL_LOG"
"""How CREATE DATABASE copies its template soonest there."""
