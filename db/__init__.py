"""Engine, models, every query by name, the embedded server."""
