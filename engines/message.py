"""An e-mail from its parts: what is refused, how text becomes HTML, which headers it carries, and its form on the wire.

Pure: no clock, no database, no settings. The same letter gives the same bytes, so that a second attempt under the same
idempotency key is the same message to the provider.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from hashlib import sha256
from urllib.parse import quote

import idna

from conversion.addresses import AddressError, email_key
from engines.providers.contract import Outgoing

SUBJECT_LENGTH = 500  # characters, as long as a template's
# Gmail shows 102 KB of a message's HTML and hides the rest, the opt-out at its end with it.
HTML_BYTES = 100_000
NAME_LENGTH = 255
PLACEHOLDERS = ("{{", "{%", "{#")
# C0 and C1 control characters but tab and line feed, and halves of surrogate pairs.
CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
# RFC 2047, 2: Python's e-mail package decodes it when it stands in a header, line breaks and all that follows them.
ENCODED_WORD = re.compile(r"=\?.*\?=")
LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")
# Headers whose value is a list of ids or addresses in angle brackets; they must never be split or encoded.
VERBATIM = frozenset({"message-id", "in-reply-to", "references", "list-unsubscribe", "list-unsubscribe-post"})


class MessageError(ValueError):
    """A message that is not sent as it is; `field` names what is wrong, `reason` says why, and the text both."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field, self.reason = field, reason


@dataclass(frozen=True)
class Letter:
    """What an e-mail is made of. key: the idempotency key. signature: the postal address that the law asks for.
    unsubscribe_url: one POST there ends it (RFC 8058). unsubscribe_subject: of a mail to the sender that asks for it.
    thread: the message ids, without angle brackets, of the earlier e-mails that this one follows up, the oldest first.
    """

    key: str
    sender: str
    sender_name: str
    recipient: str
    subject: str
    body: str
    signature: str
    unsubscribe_url: str
    unsubscribe_subject: str
    thread: Sequence[str] = ()


def check_text(subject: str, body: str, *, is_follow_up: bool = False) -> None:
    """Raises MessageError where subject or body cannot go out as they are. A follow-up may come without a subject."""
    check_line("subject", subject, SUBJECT_LENGTH)
    if not subject.strip() and not is_follow_up:
        raise MessageError("subject", "is empty")
    if not body.strip():
        raise MessageError("body", "is empty")
    if CONTROL.search(_lines(body)):
        raise MessageError("body", "holds control characters")
    if len(html_of(body).encode()) > HTML_BYTES:
        raise MessageError("body", f"is too long: at most {HTML_BYTES:,} bytes as HTML are shown to a reader whole")
    for field, text in (("subject", subject), ("body", body)):
        for mark in PLACEHOLDERS:
            if mark in text:
                raise MessageError(field, f"still holds a placeholder: {_around(text, mark)!r}")


def compose(letter: Letter) -> Outgoing:
    """The message with both parts and its headers. Raises MessageError."""
    check_text(letter.subject, letter.body)
    check_line("sender_name", letter.sender_name, NAME_LENGTH)
    sender, recipient = wire_address("sender", letter.sender), wire_address("recipient", letter.recipient)
    if not letter.signature.strip() or CONTROL.search(_lines(letter.signature)):
        raise MessageError("postal_address", "is missing, and each e-mail has to carry the sender's postal address")
    if not letter.unsubscribe_url:
        raise MessageError("unsubscribe_url", "is missing, and no e-mail goes out without a way to unsubscribe")
    signature = " · ".join(line.strip() for line in _lines(letter.signature).splitlines() if line.strip())
    url = letter.unsubscribe_url
    text = f"{_lines(letter.body).rstrip()}\n\n-- \n{signature}\nTo stop these e-mails: {url}\n"
    return Outgoing(
        key=letter.key,
        channel="email",
        sender=sender,
        sender_name=letter.sender_name.strip(),
        recipient=recipient,
        subject=letter.subject.strip(),
        text=text,
        html=_page(letter.subject.strip(), html_of(letter.body), signature, url),
        headers=_headers(letter, sender),
        metadata={"key": letter.key},
    )


def message_id(key: str, sender: str) -> str:
    """The id, without angle brackets, of the e-mail sent under a key by a sender: it can be made again at any time."""
    return f"{key}@{sender.rpartition('@')[2].lower()}"


def _headers(letter: Letter, sender: str) -> dict[str, str]:
    mailto = f"mailto:{quote(sender, safe='@')}?subject={quote(letter.unsubscribe_subject, safe='')}"
    headers = {
        "Message-ID": f"<{message_id(letter.key, sender)}>",
        "List-Unsubscribe": f"<{letter.unsubscribe_url}>, <{mailto}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",  # RFC 8058, 3.1
    }
    if letter.thread:
        headers["In-Reply-To"] = f"<{letter.thread[-1]}>"
        headers["References"] = " ".join(f"<{one}>" for one in letter.thread)
    return headers


def wire_address(field: str, address: str) -> str:
    """The address as it is sent to: its local part as it was written, its domain in ASCII by IDNA 2008 (which keeps the
    sharp s, unlike the IDNA 2003 of the keys that addresses are compared by). Raises MessageError.
    """
    text = address.strip()
    check_line(field, text, NAME_LENGTH)
    try:
        email_key(text)
        local, _, domain = text.rpartition("@")
        return f"{local}@{domain.lower() if domain.isascii() else idna.encode(domain, uts46=True).decode()}"
    except (AddressError, idna.IDNAError) as error:
        raise MessageError(field, str(error)) from error


def html_of(body: str) -> str:
    """Paragraphs and line breaks of a plain text, everything escaped, its web addresses as links."""
    paragraphs = re.split(r"\n[ \t]*(?:\n[ \t]*)+", _lines(body).strip())
    return "\n".join(f"<p>{_linked(paragraph).replace(chr(10), '<br>' + chr(10))}</p>" for paragraph in paragraphs)


def _linked(text: str) -> str:
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = html.escape(found[0])
        parts += [html.escape(text[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*parts, html.escape(text[end:])])


def _page(subject: str, content: str, signature: str, url: str) -> str:
    return (
        f'<!doctype html>\n<html><head><meta charset="utf-8"><title>{html.escape(subject)}</title></head><body>\n'
        f"{content}\n<hr>\n<p><small>{html.escape(signature)}<br>\n"
        f'<a href="{html.escape(url)}">Unsubscribe</a> to stop these e-mails.</small></p>\n</body></html>\n'
    )


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def check_line(field: str, text: str, length: int) -> None:
    """Raises MessageError where the text cannot stand in a header."""
    if "\r" in text or "\n" in text:
        raise MessageError(field, "holds a line break")
    if CONTROL.search(text) or "\t" in text:
        raise MessageError(field, "holds control characters")
    if ENCODED_WORD.search(text):
        raise MessageError(field, "holds an encoded word (=?...?=); write its letters themselves")
    if len(text) > length:
        raise MessageError(field, f"is longer than {length} characters")


def _around(text: str, mark: str) -> str:
    start = text.index(mark)
    return " ".join(text[start : start + 40].split())


class _Wire(EmailPolicy):
    """SMTP's policy, but for headers whose long words must stay whole: Python would encode a link past 78 characters."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in VERBATIM:
            return f"{name}: {(self.linesep + ' ').join(str(value).split())}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


ASCII = _Wire(linesep="\r\n", cte_type="7bit")
INTERNATIONAL = _Wire(linesep="\r\n", cte_type="7bit", utf8=True)


def is_international(outgoing: Outgoing) -> bool:
    """Whether an address needs SMTPUTF8 (RFC 6531) on the way: its local part is not ASCII."""
    return not (outgoing.sender.isascii() and outgoing.recipient.isascii())


def _address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)


def mime(outgoing: Outgoing, date: str = "") -> bytes:
    """The message as it goes over the wire (RFC 5322), lines ended by CRLF. date: of its header, as RFC 5322 writes it."""
    message = EmailMessage(policy=INTERNATIONAL if is_international(outgoing) else ASCII)
    message["From"] = _address(outgoing.sender, outgoing.sender_name)
    message["To"] = _address(outgoing.recipient)
    message["Subject"] = outgoing.subject
    if date:
        message["Date"] = date
    for name, value in outgoing.headers.items():
        message[name] = value
    message.set_content(outgoing.text)
    if outgoing.html:
        message.add_alternative(outgoing.html, subtype="html")
        message.set_boundary(sha256(outgoing.key.encode()).hexdigest()[:40])  # Python's own is drawn by chance
    return message.as_bytes()
