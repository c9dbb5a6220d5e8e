"""Everything of a raid that somebody with all rights could change behind the rules' back.

{victory}, {expired}, {cancelled} and {live} stand for the raids of the test.
"""

from tests.services.tampering.accounts import TAMPERED_ACCOUNTS
from tests.services.tampering.events import EVENTS
from tests.services.tampering.grants import GRANTS
from tests.services.tampering.participants import PARTICIPANTS
from tests.services.tampering.raids import RAIDS
from tests.services.tampering.strikes import STRIKES

__all__ = ["TAMPERED", "TAMPERED_ACCOUNTS"]

# What is done, and how the first difference must begin; ~ stands for any number.
TAMPERED: dict[str, tuple[str, str]] = {**STRIKES, **EVENTS, **RAIDS, **PARTICIPANTS, **GRANTS}
