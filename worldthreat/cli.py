"""The command line. Exit codes: 0 done, 1 refused, 2 could not start.

Only the modules of the command that is called are read: the bot does not wait for the server's libraries, nor whoever
has mistyped a setting.
"""

import importlib
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import typer

from db.cluster import DatabaseUnusableError
from worldthreat.errors import StartError

MODULES: Final = {
    "server": ("up", "serve", "migrate"),
    "backup": ("backup", "restore"),
    "bot": ("bot",),
    "raid": ("raid",),
    "roster": ("roster",),
    "token": ("token",),
}
"""Of `worldthreat.commands`, with the commands that each has; those of one name are a group."""


def command_line(words: Sequence[str] = ()) -> typer.Typer:
    """All commands; when `words` begin with the name of one, its module's alone."""
    app = typer.Typer(
        help="World-Threat Expeditions: a whole community fights one boss for days.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    called = [name for name, commands in MODULES.items() if words and words[0] in commands]
    for name in called or MODULES:
        module = importlib.import_module(f"worldthreat.commands.{name}")
        app.add_typer(module.app, name=name if MODULES[name] == (name,) else None)
    app.callback()(_nothing)  # one command alone is called by its name, too
    return app


def _nothing() -> None:
    pass


def main() -> NoReturn:
    """Runs the command; what keeps it from starting is one line and exit code 2."""
    try:
        command_line(sys.argv[1:])()
    except (StartError, DatabaseUnusableError) as error:
        typer.echo(f"worldthreat: {error.message}", err=True)
        sys.exit(2)
    sys.exit(0)
