"""What a mail in one of our mailboxes means: a reply, a bounce, a complaint, or nothing that is our business."""

import re
from collections.abc import Callable, Collection
from hashlib import sha256
from typing import Any

from conversion.models import ProviderAccount
from conversion.vocabulary import ArrivalKind, Channel
from engines.inbound.arrivals import Arrival
from engines.inbound.classify import HEADERS, Kind, classify
from engines.inbound.mail import COMPLAINED, Mail, Report, reported_in_words
from engines.unsubscribe import Link, link_of

SOURCE = "imap"
ASKED = "unsubscribe "  # begins the subject of a mail to the address in List-Unsubscribe
REPLIES = ("re:", "aw:", "antw:", "sv:", "tr:", "rv:", "vs:", "odp:", "automatic reply:", "automatische antwort:")
TOKEN = re.compile(r"unsubscribe \S{20,}", re.IGNORECASE)  # a mail program's button wrote it, not a person
OF_ACTION = {"failed": ArrivalKind.BOUNCED, COMPLAINED: ArrivalKind.COMPLAINED, "delivered": ArrivalKind.DELIVERED}


def link_in(mail: Mail) -> Link | None:
    """The touch whose `mailto:` unsubscribe address this mail was written to; None for any other mail."""
    subject = mail.subject.strip()
    return link_of(subject[len(ASKED) :].strip()) if subject.lower().startswith(ASKED) else None


def arrival_of(
    mail: Mail, raw: bytes, account: ProviderAccount, ours: Collection[str], is_known: Callable[[str], bool]
) -> Arrival | None:
    """None where it is none of our business: our own mail, a mailing list's, or a stranger's that answers nothing.

    ours: the addresses of the account's senders, in small letters. is_known: whether somebody that we may write to has the
    address.
    """
    report = mail.report
    if report is None and classify(mail.text, mail.subject, mail.headers or {}).kind is Kind.BOUNCE:
        report = reported_in_words(mail)
    if report is not None:
        return _reported(mail, report, raw, account)
    if not mail.sender or mail.sender.casefold() in ours or not _is_reply(mail, is_known):
        return None
    headers = mail.headers or {}
    return _arrival(
        mail,
        raw,
        account,
        # Of a token that names no touch of ours any more, the wish is left.
        kind=(ArrivalKind.UNSUBSCRIBED if TOKEN.fullmatch(mail.subject.strip()) else ArrivalKind.REPLIED).value,
        person=mail.sender,
        ours=next((one for one in mail.recipients if one.casefold() in ours), ""),
        subject=mail.subject,
        text=mail.text,
        references=mail.references,
        details={"headers": {name: headers[name] for name in HEADERS if name in headers}},
    )


def _reported(mail: Mail, report: Report, raw: bytes, account: ProviderAccount) -> Arrival | None:
    """None for a delay: the server goes on trying, and tells how it ended."""
    kind = OF_ACTION.get(report.action)
    if kind is None or not (report.message_id or report.recipient):
        return None
    details: dict[str, Any] = {"reason": without_address(report.reason, report.recipient), "status": report.status}
    if kind is ArrivalKind.BOUNCED:
        # Words without a number may speak of a delay as well.
        details["permanent"] = report.is_permanent if mail.report else report.status.startswith("5")
    references = (report.message_id,) if report.message_id else ()
    return _arrival(
        mail, raw, account, kind=kind.value, person=report.recipient, references=references, details=details
    )


def _is_reply(mail: Mail, is_known: Callable[[str], bool]) -> bool:
    headers = mail.headers or {}
    if is_known(mail.sender):
        return True
    if "list-id" in headers or headers.get("precedence", "").lower() in {"bulk", "list"}:
        return False
    return bool(mail.references) or mail.subject.strip().lower().startswith((*REPLIES, ASKED.strip()))


def _arrival(mail: Mail, raw: bytes, account: ProviderAccount, **given: Any) -> Arrival:
    """The mail's own id names it, in whatever folder or order it is met again; its bytes, where it has none."""
    key = mail.message_id or sha256(raw).hexdigest()
    return Arrival(source=SOURCE, key=key, occurred_at=mail.date, account=account, channel=Channel.EMAIL.value, **given)


def without_address(reason: str, recipient: str) -> str:
    """A server's words without the person's address, which it may write with other capitals."""
    return re.sub(re.escape(recipient), "[recipient]", reason, flags=re.IGNORECASE) if recipient else reason
