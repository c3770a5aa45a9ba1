"""Texts from files, for commands, and what is wrong with them in one line."""

import sys
from pathlib import Path

from django.core.exceptions import ValidationError


class TextError(ValueError):
    """A text that cannot be used, in words for a person."""


def body_in(source: str) -> str:
    """The text of a file, or of standard input for `-`. Raises TextError, OSError where it cannot be opened."""
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(f"body: the text is not UTF-8 (byte {error.start + 1})") from error


def told(error: ValidationError) -> str:
    return "; ".join(f"{field}: {' '.join(reasons)}" for field, reasons in error.message_dict.items())
