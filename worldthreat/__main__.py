"""``python -m worldthreat``: the same as the command."""

from worldthreat.cli import main

main()
