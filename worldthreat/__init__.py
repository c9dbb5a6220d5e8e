"""The launcher: command line, settings, wiring. The only place that reads the environment."""

import sys
from pathlib import Path

# In a checkout the folders (web, schema, ...) stand beside this one. An installed wheel carries them in
# worldthreat/app/, so that it owns no other top-level name; from there they are imported the same way.
_app = Path(__file__).parent / "app"
if _app.is_dir() and str(_app) not in sys.path:
    sys.path.insert(0, str(_app))
