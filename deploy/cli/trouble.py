"""What stops a command: one line that says what to do."""


class Trouble(Exception):
    """A command cannot go on. Its text is the line shown; `details` are lines below it."""

    def __init__(self, line: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(line)
        self.details = details
