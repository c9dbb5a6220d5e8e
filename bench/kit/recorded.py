"""Our server as users start it, whose strikes are all answered by one that was made before: what is left is the way.

    python -m bench.kit.recorded FILE        (settings from the environment, as for `worldthreat serve`)

FILE holds a pickled `views.StrikeSuccess`.
"""

import pickle
import sys
from pathlib import Path
from typing import Any

from services.views import StrikeSuccess
from services.world_threat import WorldThreatService
from worldthreat.settings import load_settings
from worldthreat.up import serve


def recorded_strike(path: Path) -> StrikeSuccess:
    found: StrikeSuccess = pickle.loads(path.read_bytes())  # noqa: S301 - the benchmark's own file
    return found


def main() -> None:
    answer = recorded_strike(Path(sys.argv[1]))

    async def answered_before(_service: WorldThreatService, _principal: Any, **_given: Any) -> StrikeSuccess:
        return answer

    WorldThreatService.execute_strike = answered_before  # type: ignore[method-assign, assignment]
    serve(load_settings())


if __name__ == "__main__":
    main()
