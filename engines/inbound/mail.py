"""A mail as it came (RFC 5322), taken apart: who wrote what, and what a server reports of one of ours.

Anybody can send anything, so nothing here raises, and whatever is large, deep or broken is cut.
"""

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parseaddr, parsedate_to_datetime

from engines.inbound.classify import HEADERS
from engines.inbound.markup import plain

BYTES = 400_000  # of a mail that are looked at; what a person writes comes before the attachments
BOUNDARIES = 80  # a mail with more parts is built to keep its reader busy; its time grows with their depth
PARTS = 50
LINE, TEXT = 2000, 100_000  # characters of a header and of the text
ADDRESSES = 50
WESTERN = frozenset({"ascii", "utf-8", "iso8859-1", "cp1252"})  # Python's names of them
KEPT = (*HEADERS, "list-id", "list-unsubscribe")
TO = ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
COMPLAINED = "complained"
_ID = re.compile(r"<([^<>\s]{3,500})>")
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])")  # RFC 3463
_REPLY_CODE = re.compile(r"(?<![\w.-])[45]\d\d(?=[ -])")  # RFC 5321, 4.2; no part of a message id
_ORIGINAL = re.compile(r"^\s*message-id:\s*<([^<>\s]{3,500})>", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Report:
    """What a server tells of one of our mails (RFC 3464, RFC 5965). action: failed, delayed, delivered, relayed, expanded or
    complained. status: such as 5.1.1, may be empty. message_id: of ours, without angle brackets.
    """

    recipient: str
    action: str
    status: str
    message_id: str
    reason: str = ""

    @property
    def is_permanent(self) -> bool:
        return self.status.startswith("5") or (not self.status and self.action == "failed")


@dataclass(frozen=True)
class Mail:
    """sender: the address alone. recipients: all that the headers name. text: plain, with the history. references: the ids,
    without angle brackets, of the mails that it answers, the nearest last. headers: those of KEPT, names in small letters.
    """

    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    text: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    date: datetime | None = None
    headers: Mapping[str, str] | None = None
    report: Report | None = None


def parse(raw: bytes) -> Mail:
    """Never raises: of what cannot be read, the headers are taken, and of those that cannot either, nothing."""
    raw = raw[:BYTES]
    # The email package raises a dozen kinds of errors on hostile input, RecursionError among them.
    try:
        if raw.lower().count(b"boundary") <= BOUNDARIES:
            return _mail(message_from_bytes(raw, policy=policy.compat32))
    except Exception:  # noqa: BLE001, S110 (see above; the headers are tried next)
        pass
    try:
        return _mail(BytesHeaderParser(policy=policy.compat32).parsebytes(raw))
    except Exception:  # noqa: BLE001 (see above)
        return Mail()


def reported_in_words(mail: Mail) -> Report:
    """What a bounce says that is no report: by its headers and its text."""
    text = mail.text[:TEXT]
    failed = mail.headers.get("x-failed-recipients", "") if mail.headers else ""
    ours = {mail.sender.casefold(), *(one.casefold() for one in mail.recipients)}
    named = [one for one in _ADDRESS.findall(f"{failed}\n{text}") if one.casefold() not in ours]
    status = _STATUS.search(text) or _REPLY_CODE.search(text)
    original = _ORIGINAL.search(text)
    return Report(
        named[0] if named else "",
        "failed",
        status[0] if status else "",
        original[1] if original else "",
    )


def _mail(message: Message) -> Mail:
    parts = list(_parts(message))
    return Mail(
        sender=_address(message),
        recipients=tuple(_recipients(message)),
        subject=_words(message.get("Subject"))[:LINE],
        text=_text(parts),
        message_id=next(iter(_ID.findall(_words(message.get("Message-ID")))), ""),
        references=tuple(_references(message)),
        date=_date(message),
        headers={name: _words(message.get(name))[:500] for name in KEPT if message.get(name) is not None},
        report=_report(message, parts),
    )


def _parts(message: Message) -> Iterator[Message]:
    """The parts that are no containers, and those that hold a message, in order; not what stands in such a message."""
    waiting, seen = [message], 0
    while waiting and seen < PARTS:
        part = waiting.pop()
        seen += 1
        payload = part.get_payload()
        if isinstance(payload, list) and part.get_content_maintype() == "multipart":
            waiting.extend(one for one in reversed(payload) if isinstance(one, Message))
        else:
            yield part


def _text(parts: list[Message]) -> str:
    """The first part in plain text that is not blank, else the first in HTML."""
    for kind, read in (("text/plain", str), ("text/html", plain)):
        for part in parts:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                text = read(_decoded(part)).strip()
                if text:
                    return text
    return ""


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload[: 4 * TEXT] if isinstance(payload, bytes) else b""
    return _storable(_as_text(content, part.get_content_charset() or "utf-8"))[:TEXT].replace("\r\n", "\n")


def _as_text(content: bytes, charset: str) -> str:
    """Of what says that it is Western, or nothing, the bytes know better: UTF-8 where they are, else what Windows writes."""
    try:
        if codecs.lookup(charset).name not in WESTERN:
            return content.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset that is none, or no charset of text
        pass
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(content)  # its end may be cut off
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _words(value: object) -> str:
    """A header on one line, its encoded words (RFC 2047) read; empty for none."""
    text = "" if value is None else str(value)[:LINE]
    try:
        pieces = [
            _as_text(piece, charset or "utf-8") if isinstance(piece, bytes) else piece
            for piece, charset in decode_header(text)
        ]
    except Exception:  # noqa: BLE001 (the email package raises several kinds on what is no base64)
        pieces = [text]
    return " ".join(_storable("".join(pieces)).split())


def _address(message: Message) -> str:
    return parseaddr(_words(message.get("From")))[1][:LINE]


def _recipients(message: Message) -> Iterator[str]:
    values = [_words(value) for name in TO for value in (message.get_all(name) or [])[:5]]
    found = dict.fromkeys(address for _, address in getaddresses(values) if "@" in address)
    yield from list(found)[:ADDRESSES]


def _references(message: Message) -> Iterator[str]:
    answered = _ID.findall(_words(message.get("In-Reply-To")))[:5]
    # The references of a long thread go past what is kept of a header: the nearest stand last.
    history = _ID.findall(" ".join(str(message.get("References") or "")[-LINE:].split()))
    yield from dict.fromkeys(_storable(one) for one in [*(one for one in history if one not in answered), *answered])


def _date(message: Message) -> datetime | None:
    try:
        date = parsedate_to_datetime(_words(message.get("Date")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo is not None else None


def _report(message: Message, parts: list[Message]) -> Report | None:
    if message.get_content_type() != "multipart/report":
        return None
    original = _original(parts)
    for part in parts:
        kind, blocks = part.get_content_type(), part.get_payload()
        if not isinstance(blocks, list):
            continue
        for block in blocks[:ADDRESSES]:
            if not isinstance(block, Message):
                continue
            if kind == "message/feedback-report" and _words(block.get("Feedback-Type")).lower() in {
                "abuse",
                "fraud",
                "opt-out",
            }:
                who = _recipient(block, "Original-Rcpt-To", "Removal-Recipient")
                return Report(who, COMPLAINED, "", original)
            if kind == "message/delivery-status" and block.get("Action") is not None:
                return Report(
                    _recipient(block, "Original-Recipient", "Final-Recipient"),
                    _words(block.get("Action")).lower().split(" ")[0],
                    next(iter(re.findall(r"[245]\.\d{1,3}\.\d{1,3}", _words(block.get("Status")))), ""),
                    original,
                    _words(block.get("Diagnostic-Code"))[:200],
                )
    return None


def _recipient(block: Message, *names: str) -> str:
    """`rfc822; jo@corp.example`, in the first of these headers that has an address."""
    found = (_ADDRESS.search(_words(block.get(name))) for name in names)
    return next((one[0] for one in found if one), "")


def _original(parts: list[Message]) -> str:
    """The id of the mail of ours that a report brings back, whole or its headers."""
    for part in parts:
        payload = part.get_payload()
        if part.get_content_type() == "message/rfc822" and isinstance(payload, list) and payload:
            text = f"Message-ID: {_words(payload[0].get('Message-ID'))}" if isinstance(payload[0], Message) else ""
        elif part.get_content_type() in {"text/rfc822-headers", "text/rfc822", "message/rfc822-headers"}:
            first = payload[0] if isinstance(payload, list) and payload else None
            text = (first.as_string() if isinstance(first, Message) else _decoded(part))[:TEXT]
        else:
            continue
        if found := _ORIGINAL.search(text):
            return found[1]
    return ""
