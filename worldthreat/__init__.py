"""The launcher: command line, settings, wiring. The only place that reads the environment."""

import gc
import sys
from pathlib import Path

# New objects until the youngest are looked through, and how many times that until the older and the oldest are. From
# the start: reading the libraries makes half a million objects that stay, and at Python's own thresholds a seventh of
# the start went into looking through them.
gc.set_threshold(50_000, 20, 50)

# In a checkout the folders (web, schema, ...) stand beside this one. An installed wheel carries them in
# worldthreat/app/, so that it owns no other top-level name; from there they are imported the same way.
_app = Path(__file__).parent / "app"
if _app.is_dir() and str(_app) not in sys.path:
    sys.path.insert(0, str(_app))
