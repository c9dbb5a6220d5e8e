"""What a request carries: the service, who asks, and the loaders that put reads together."""

from dataclasses import dataclass, field

from resolvers.live import Following, Live
from resolvers.loaders import Loaders
from services.views import Principal
from services.world_threat import WorldThreatService


@dataclass(frozen=True, slots=True)
class Context:
    """One for each request. `public_read`: whether a caller without a token may read what is public.

    `shared_live` is where a subscription that many share takes its moments from; None: from the feed itself.
    """

    service: WorldThreatService
    principal: Principal
    public_read: bool = True
    shared_live: Live | None = None
    _loaders: list[Loaders] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def loaders(self) -> Loaders:
        """Made when they are first asked for: most requests, a strike's among them, need none."""
        if not self._loaders:
            self._loaders.append(Loaders(self.service, self.principal))
        return self._loaders[0]

    @property
    def live(self) -> Live:
        return self.shared_live or Following(self.service.feed)
