"""Something outside that is away for a while: tried again soon, then less often, and two lines in the log."""

import structlog

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Outage:
    """Tells of `what`, a name: one warning when it goes away, one line when it is back, nothing in between."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._pause = 0.0

    def note(self, error: BaseException) -> float:
        """One more failure. How many seconds to wait before the next attempt."""
        if self._pause:
            self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
        else:
            self._pause = FIRST_PAUSE_SECONDS
            log.warning("away, tried again until it is back", what=self._what, error=type(error).__name__)
        return self._pause

    def end(self) -> None:
        """It answers."""
        if self._pause:
            self._pause = 0.0
            log.info("back", what=self._what)
