"""What never stands in the log, whoever puts it there: tokens, and the secrets of the settings."""

import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from worldthreat.settings import Settings

TOKEN: Final = re.compile(r"\bwt_(viewer|player|bot|admin)_[0-9A-Za-z]{6,}")
HIDDEN: Final = "***"
SHORTEST: Final = 6
"""What is shorter would be found in ordinary words."""


def without_secrets(settings: Settings) -> Callable[[Any, str, Any], str]:
    """A structlog processor, to be the last: it sees the line as it will be written."""
    secrets = sorted(_secrets(settings), key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, secrets))) if secrets else None

    def hide(_logger: Any, _method: str, line: Any) -> str:
        line = TOKEN.sub(rf"wt_\1_{HIDDEN}", line)
        return line if pattern is None else pattern.sub(HIDDEN, line)

    return hide


def _secrets(settings: Settings) -> set[str]:
    found = set()
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if not isinstance(value, SecretStr):
            continue
        secret = value.get_secret_value()
        if "://" in secret:  # of an address it is the password alone
            password = urlsplit(secret).password
            found |= {password, unquote(password)} if password else set()
        else:
            found.add(secret)
    return {secret for secret in found if len(secret) >= SHORTEST}
