"""A text message from its parts: what is refused, and the words by which its reader opts out.

Pure: no clock, no database, no settings. The same note gives the same message.
"""

import re
from dataclasses import dataclass

from conversion.addresses import E164
from conversion.segments import segment_count
from engines.message import CONTROL, PLACEHOLDERS, MessageError
from engines.providers.contract import Outgoing

# A judgement: carriers filter long commercial texts, and each part is paid for. Twilio takes 1,600 characters.
SEGMENTS = 6
OPT_OUT = "Reply STOP to opt out"
# Somebody who writes the word in capitals means it.
SAYS_STOP = re.compile(r"\bSTOP\b")
SHOWN = 40  # characters from a placeholder on that the reason repeats


@dataclass(frozen=True)
class Note:
    """What a text message is made of. key: the idempotency key. sender, recipient: numbers in E.164. is_first: the reader heard
    nothing from this number before. callback: where its provider reports what becomes of it.
    """

    key: str
    sender: str
    recipient: str
    body: str
    is_first: bool
    callback: str = ""


def check_text(body: str) -> None:
    """Raises MessageError where the text cannot go out as it is, whichever touch it is."""
    if not body.strip():
        raise MessageError("message", "is empty")
    if CONTROL.search(lines_of(body)):
        raise MessageError("message", "holds control characters")
    for mark in PLACEHOLDERS:
        if mark in body:
            start = body.index(mark)
            raise MessageError(
                "message", f"still holds a placeholder: {' '.join(body[start : start + SHOWN].split())!r}"
            )
    if (parts := segment_count(whole(body, is_first=True))) > SEGMENTS:
        raise MessageError("message", f"takes {parts} segments as a text message, and {SEGMENTS} are the most")


def compose(note: Note) -> Outgoing:
    """The message for the provider. Raises MessageError."""
    check_text(note.body)
    return Outgoing(
        key=note.key,
        channel="sms",
        sender=number("sender", note.sender),
        sender_name="",
        recipient=number("recipient", note.recipient),
        subject="",
        text=whole(note.body, is_first=note.is_first),
        metadata={"key": note.key},
        callback=note.callback,
    )


def whole(body: str, *, is_first: bool) -> str:
    """The text as it goes out: with the words to opt out by, where it is the first that the reader gets and lacks them."""
    text = lines_of(body).strip()
    return text if not is_first or SAYS_STOP.search(text) else f"{text}\n{OPT_OUT}"


def number(field: str, text: str) -> str:
    """Raises MessageError where it is no number in E.164."""
    if not E164.fullmatch(text.strip()):
        raise MessageError(field, "is no phone number in its international form (E.164), such as +61412345678")
    return text.strip()


def lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
