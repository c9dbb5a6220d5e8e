"""What stops the program before it starts: one line for the user, exit code 2, no traceback.

StartError
└── SettingsError    a WORLDTHREAT_* variable is unknown or unusable
"""


class StartError(Exception):
    """The program cannot start; `message` is one line: what is wrong and what would be right."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class SettingsError(StartError):
    """A setting is unknown or has a value that cannot be used."""
