"""`worldthreat bot` on a loopback Discord: `python -m tests.bot.fake_discord.launch`.

Everything is as on the real one, from the command line on, except for the two addresses and for the pause before
IDENTIFY. The settings come from the environment, WORLDTHREAT_*, and so do the addresses, LOOPBACK_REST and
LOOPBACK_GATEWAY.
"""

import os
import sys

import discord

from tests.bot.fake_discord.pointing import at_once, pointed_at
from worldthreat.cli import main

if __name__ == "__main__":
    discord.Client.before_identify_hook = at_once  # type: ignore[method-assign, assignment]
    sys.argv = ["worldthreat", "bot", *sys.argv[1:]]
    with pointed_at(os.environ["LOOPBACK_REST"], os.environ["LOOPBACK_GATEWAY"]):
        main()
