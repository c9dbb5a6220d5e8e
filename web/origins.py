"""Which pages may open a socket: our own, and those of ALLOWED_ORIGINS."""

from collections.abc import Mapping
from urllib.parse import urlsplit


def origin_allowed(headers: Mapping[str, str], allowed: tuple[str, ...]) -> bool:
    """Whether a handshake with these headers (names in lower case) is welcome.

    Browsers always send their page's origin; who sends none is no browser and carries nobody's cookies.
    """
    origin = headers.get("origin")
    if origin is None:
        return True
    return origin in allowed or urlsplit(origin).netloc == headers.get("host")
