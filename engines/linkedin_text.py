"""A LinkedIn message from its parts: which kind it is, how long it may be, whose profile it goes to.

Pure: no clock, no database, no settings. The same note gives the same message.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from conversion.vocabulary import ConnectionState, MessageType
from engines.message import CONTROL, PLACEHOLDERS, MessageError, check_line
from engines.providers.contract import Outgoing

# LinkedIn's own limits, in characters. A note over a seat without premium has 200: an option of the account.
NOTE_LENGTH = 300
MESSAGE_LENGTH = 8_000
INMAIL_LENGTH, INMAIL_SUBJECT_LENGTH = 1_900, 200
SHOWN = 40  # characters around a placeholder that the reason repeats
# First parts of a path after which the profile of a person is named.
PROFILES = ("in",)
NOTE = "connection_note"  # in a touch's metadata, where it is not its text


@dataclass(frozen=True)
class Missive:
    """What goes to a person over LinkedIn. sender: the seat, as its provider knows it. profile: the lead's address of it.
    text: the message, or the note of an invitation, which may be empty. person_id, chat_id: the provider's, where known.
    """

    key: str
    kind: str
    sender: str
    sender_name: str
    profile: str
    text: str
    subject: str = ""
    note_length: int = NOTE_LENGTH
    person_id: str = ""
    chat_id: str = ""


def kind_of(given: str, state: str | None) -> MessageType:
    """The kind of a touch. given: its own, empty where that is left open: it is an invitation as long as there is neither a
    connection (state, None unknown) nor an invitation, else a message.
    """
    if given:
        return MessageType(given)
    is_stranger = state is None or state == ConnectionState.UNCONNECTED
    return MessageType.CONNECTION_REQUEST if is_stranger else MessageType.MESSAGE


def note_of(body: str, metadata: Mapping[str, Any]) -> str:
    """The note that an invitation goes out with: the one given beside the touch's text, else that text."""
    note = metadata.get(NOTE)
    return note if isinstance(note, str) else body


def note_limit(options: Mapping[str, Any]) -> int:
    """Characters that a note may have over an account with these options. Raises MessageError on another than 0 to 300."""
    text = str(options.get("note_length", NOTE_LENGTH))
    if not re.fullmatch("[0-9]{1,3}", text) or int(text) > NOTE_LENGTH:
        raise MessageError("note_length", f"a number from 0 to {NOTE_LENGTH} is wanted")
    return int(text)


def compose(missive: Missive) -> Outgoing:
    """The message for the provider. Raises MessageError."""
    check_text(missive.kind, missive.text, missive.subject, note_length=missive.note_length)
    check_line("sender_name", missive.sender_name, 255)
    metadata = {
        "key": missive.key,
        "message_type": str(missive.kind),
        "person_id": missive.person_id,
        "chat_id": missive.chat_id,
    }
    return Outgoing(
        key=missive.key,
        channel="linkedin",
        sender=missive.sender,
        sender_name=missive.sender_name.strip(),
        recipient=identifier_of(missive.profile),
        subject=missive.subject.strip() if missive.kind == MessageType.INMAIL else "",
        text=lines_of(missive.text).strip(),
        metadata={name: value for name, value in metadata.items() if value},
    )


def check_text(kind: str, text: str, subject: str = "", *, note_length: int = NOTE_LENGTH) -> None:
    """Raises MessageError where the text cannot go out as it is. An invitation may go without a note."""
    field, length = {
        MessageType.CONNECTION_REQUEST: ("connection_note", note_length),
        MessageType.INMAIL: ("message", INMAIL_LENGTH),
        MessageType.MESSAGE: ("message", MESSAGE_LENGTH),
    }[MessageType(kind)]
    if not text.strip() and kind != MessageType.CONNECTION_REQUEST:
        raise MessageError(field, "is empty")
    if kind == MessageType.INMAIL:
        check_line("subject", subject, INMAIL_SUBJECT_LENGTH)
    plain = lines_of(text).strip()
    if CONTROL.search(plain):
        raise MessageError(field, "holds control characters")
    if utf16_length(plain) > length:
        raise MessageError(
            field, f"is too long: {utf16_length(plain)} characters, and LinkedIn takes {length:,} at most"
        )
    for name, given in ((field, text), ("subject", subject)):
        for mark in PLACEHOLDERS:
            if mark in given:
                start = given.index(mark)
                raise MessageError(
                    name, f"still holds a placeholder: {' '.join(given[start : start + SHOWN].split())!r}"
                )


def identifier_of(profile: str) -> str:
    """What a profile's address names the person by: `jo-doe` of `https://www.linkedin.com/in/jo-doe/`, its case kept, since
    LinkedIn's internal names (`ACoAA...`) differ by it. Raises MessageError where it is no profile of a person.
    """
    text = profile.strip()
    try:
        path = urlsplit(text if "//" in text else f"//{text}").path
    except ValueError:
        path = ""
    parts = [unquote(part) for part in path.split("/") if part]
    if len(parts) < 2 or parts[0].casefold() not in PROFILES or not parts[1].isprintable() or "/" in parts[1]:  # noqa: PLR2004 (in/NAME)
        raise MessageError("linkedin_url", "is no profile of a person: it should look like linkedin.com/in/jo-doe")
    return parts[1]


def utf16_length(text: str) -> int:
    """Characters as LinkedIn's own pages count them: one outside the basic plane, such as an emoji, is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def lines_of(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
