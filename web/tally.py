"""Plain numbers, for what happens so often that a counter with a lock would cost more than what it counts."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """One per process. `closes` by their code, `requests` by their status."""

    operations: int = 0
    deliveries: int = 0
    closes: Counter[int] = field(default_factory=Counter)
    requests: Counter[int] = field(default_factory=Counter)
