"""`worldthreat bot`: the Discord bot, as a process of its own."""

import asyncio
from typing import Annotated

import typer
import uvloop

from worldthreat.logs import logged_settings

app = typer.Typer(help="Run the Discord bot.", invoke_without_command=True)


@app.callback(epilog="Example: WORLDTHREAT_DISCORD_TOKEN=… WORLDTHREAT_API_TOKEN=… worldthreat bot")
def bot(
    context: typer.Context,
    *,
    beside: Annotated[bool, typer.Option(hidden=True, help="End when the standard input is closed.")] = False,
) -> None:
    """Run the Discord bot until Ctrl-C, with the API at WORLDTHREAT_API_URL.

    It needs WORLDTHREAT_DISCORD_TOKEN and WORLDTHREAT_API_TOKEN, a token of the role bot. `worldthreat up` starts it by
    itself when WORLDTHREAT_DISCORD_TOKEN is set.

    Exit codes: 0 stopped, 2 a token or a setting cannot be used.
    """
    if context.invoked_subcommand is not None:
        return
    from worldthreat import bot_process  # noqa: PLC0415 - only the bot waits for its libraries

    options = bot_process.bot_options(logged_settings())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(bot_process.run_bot(options, beside=beside))


@app.command()
def sync() -> None:
    """Bring Discord's slash commands to this version; nothing is sent when they are the same.

    The bot does it too when it starts. Exit codes: 0 done, 2 a token or a setting cannot be used.
    """
    from worldthreat import bot_process  # noqa: PLC0415 - only the bot waits for its libraries

    options = bot_process.bot_options(logged_settings(), needs_api=False)
    synced = asyncio.run(bot_process.sync_commands(options))
    if synced.changed:
        typer.echo(f"Discord was given {len(synced.ids)} commands. It may take a minute until everyone sees them.")
    else:
        typer.echo("Discord has the commands of this version already.")
