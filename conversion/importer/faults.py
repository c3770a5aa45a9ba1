"""What can be wrong with what a user brings, in the words in which it is told."""

from typing import NamedTuple


class UnusableInput(ValueError):  # noqa: N818 (it says what is wrong)
    """The call cannot be carried out, and nothing was changed: a file, a mapping or an argument cannot be used."""


class UnreadableFile(UnusableInput):
    """A file that is no CSV in UTF-8 with the header it needs."""


class BadRow(ValueError):  # noqa: N818 (it says what is wrong)
    """A row that is not stored: the column, and the reason in words."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}" if column else reason)
        self.column = column
        self.reason = reason


class Reject(NamedTuple):
    """A row that was not stored: the file's name, the line on which it starts (1-based), and the row as it was."""

    file: str
    line: int
    column: str
    reason: str
    raw: str
