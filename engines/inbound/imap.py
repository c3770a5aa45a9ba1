"""Replies and bounces out of the mailboxes of senders whose mail goes by SMTP.

A mailbox is opened for reading alone: nothing in it is moved, marked or deleted. What has been read is known by number in a
row, and each mail by its own id, so that a mail that is met twice is taken once.
"""

import imaplib
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Timer
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, UnexpectedCommandStatusError

from conversion.clock import database_now
from conversion.models import Mailbox, ProviderAccount
from conversion.secrets import CredentialError, credentials_of
from conversion.vocabulary import Channel
from engines.inbound.mail import BYTES, parse
from engines.inbound.receiving import receive
from engines.providers.errors import AccountError, cut
from engines.providers.servers import Server, mailbox_of

logger = logging.getLogger(__name__)
HISTORY = timedelta(days=7)  # of a mailbox that is read for the first time: answers to what was sent just before
ROUND = 45.0  # seconds for all mailboxes: the poll comes again in a minute, and begins with those it did not reach
LEASE = timedelta(minutes=5)  # longer than a round and what may hang after it
LONGEST_REST = timedelta(hours=1)
TROUBLE = (OSError, EOFError, ValueError, imaplib.IMAP4.error, ImapToolsError, AccountError, CredentialError)


def poll_mailboxes(limit: int = 200) -> int:
    """Read what is new, at most `limit` mails of each mailbox, those first that were not looked at for longest. Returns how
    many mails were read. Two that poll at once share the mailboxes; one that fails is left alone for a while, and the others
    go on.
    """
    until = time.monotonic() + ROUND
    read = 0
    for mailbox in _due():
        if time.monotonic() >= until:
            break
        if _claimed(mailbox):
            read += _poll(mailbox, limit, until)
    return read


def _due() -> list[Mailbox]:
    """The mailboxes that may be read now; a new account gets its row here."""
    accounts = ProviderAccount.objects.filter(
        channel=Channel.EMAIL, kind="smtp", is_active=True, options__has_key="imap_host"
    )
    new = accounts.filter(mailbox=None)
    Mailbox.objects.bulk_create([Mailbox(account=account) for account in new], ignore_conflicts=True)
    rows = Mailbox.objects.filter(account__in=accounts).filter(_is_free(database_now()))
    return list(rows.select_related("account").order_by(F("checked_at").asc(nulls_first=True), "pk"))


def _is_free(at: datetime) -> Q:
    return Q(resting_until=None) | Q(resting_until__lte=at)


def _claimed(mailbox: Mailbox) -> bool:
    at = database_now()
    mine = Mailbox.objects.filter(_is_free(at), pk=mailbox.pk).update(resting_until=at + LEASE)
    if mine:
        mailbox.refresh_from_db()
    return bool(mine)


def _poll(mailbox: Mailbox, limit: int, until: float) -> int:
    read = 0
    try:
        server = mailbox_of(mailbox.account.options, credentials_of(mailbox.account))
        if server is not None:
            with _opened(server, until) as box:
                for uid, raw in _new(box, mailbox, limit, until):
                    receive(parse(raw), raw, mailbox.account)
                    _keep(mailbox, uid)
                    read += 1
    except Exception as error:
        if not isinstance(
            error, TROUBLE
        ):  # a fault of this program, or the database is away: the others may still be read
            logger.exception("the mailbox of account %s: a mail could not be taken", mailbox.account_id)
        _failed(mailbox, error)
    else:
        done = {"resting_until": None, "checked_at": database_now(), "failures": 0, "error": ""}
        Mailbox.objects.filter(pk=mailbox.pk).update(**done)
    return read


def _failed(mailbox: Mailbox, error: Exception) -> None:
    """It rests for a minute, two, four ..., an hour at most."""
    failures = min(mailbox.failures + 1, 1000)
    rest = min(timedelta(minutes=2 ** min(failures - 1, 10)), LONGEST_REST)
    reason = _discreet(error, mailbox.account)
    logger.warning("the mailbox of account %s could not be read: %s", mailbox.account_id, reason)
    at = database_now()
    Mailbox.objects.filter(pk=mailbox.pk).update(
        failures=failures, error=reason, resting_until=at + rest, checked_at=at
    )


def _discreet(error: Exception, account: ProviderAccount) -> str:
    """What went wrong, without the credentials, which servers like to repeat."""
    reason = str(error)
    if isinstance(error, UnexpectedCommandStatusError):
        said = [part.decode("utf-8", "replace") for part in error.command_result[1] if isinstance(part, bytes)]
        reason = f"the server refused: {' '.join(said)}"
    with suppress(CredentialError):
        for value in sorted(credentials_of(account).values(), key=len, reverse=True):
            reason = reason.replace(value, "[...]") if value else reason
    return cut(reason) if reason else type(error).__name__


@contextmanager
def _opened(server: Server, until: float) -> Iterator[BaseMailBox]:
    """The signed-in server with its INBOX open for reading. Each answer has its time-out; and at the end of the round the
    connection is cut, for a server that sends a byte now and then.
    """
    timeout = float(settings.SEND_TIMEOUT_SECONDS)
    box: BaseMailBox
    if server.security == "tls":
        box = MailBox(server.host, server.port, timeout=timeout, ssl_context=ssl.create_default_context())
    elif server.security == "starttls":
        box = MailBoxStartTls(server.host, server.port, timeout=timeout, ssl_context=ssl.create_default_context())
    else:
        box = MailBoxUnencrypted(server.host, server.port, timeout=timeout)
    watch = Timer(max(until - time.monotonic(), 0) + timeout, _cut_off, [box])
    watch.daemon = True
    watch.start()
    try:
        is_plain = server.username.isascii() and server.password.isascii()
        (box.login if is_plain else box.login_utf8)(server.username, server.password, initial_folder=None)
        box.folder.set("INBOX", readonly=True)
        yield box
    finally:
        watch.cancel()
        with suppress(*TROUBLE, AttributeError):
            box.logout()
        with suppress(*TROUBLE, AttributeError):
            box.client.shutdown()  # a conversation that broke is not closed by taking leave


def _cut_off(box: BaseMailBox) -> None:
    with suppress(OSError, AttributeError):
        box.client.socket().shutdown(2)


def _new(box: BaseMailBox, mailbox: Mailbox, limit: int, until: float) -> Iterator[tuple[int, bytes]]:
    """(number, bytes) of the mails that have not been read, the oldest first; of a large one its beginning."""
    validity = _number(box, "UIDVALIDITY")
    if mailbox.uid_validity != validity:
        _begin(box, mailbox, validity)
    found = box.uids(f"UID {mailbox.last_uid + 1}:*", charset=None)
    # Where there is nothing newer, the range means the last mail there is.
    for uid in sorted(uid for uid in map(int, found) if uid > mailbox.last_uid)[:limit]:
        if time.monotonic() >= until:
            return
        yield uid, _content(box, uid)


def _begin(box: BaseMailBox, mailbox: Mailbox, validity: int) -> None:
    """The place from which a mailbox is read that is new, or was numbered anew."""
    since = AND(date_gte=(database_now() - HISTORY).date())
    recent = [int(uid) for uid in box.uids(since, charset=None)]
    everything = recent or [int(uid) for uid in box.uids("ALL", charset=None)]
    mailbox.last_uid = min(recent) - 1 if recent else max(everything, default=0)
    mailbox.uid_validity = validity
    mailbox.save(update_fields=["uid_validity", "last_uid"])


def _number(box: BaseMailBox, name: str) -> int:
    _, said = box.client.response(name)
    value = said[-1] if said else None
    if not isinstance(value, bytes) or not value.isdigit():
        raise ValueError(f"the server does not say its {name}")
    return int(value)


def _content(box: BaseMailBox, uid: int) -> bytes:
    """Its beginning; empty where it was deleted meanwhile. Raises ValueError where the server refuses."""
    status, answer = box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{BYTES}>)")
    if status != "OK":
        raise ValueError(f"the server does not give mail {uid}")
    parts: list[Any] = [part[1] for part in answer if isinstance(part, tuple) and len(part) > 1]
    return bytes(parts[0]) if parts else b""


def _keep(mailbox: Mailbox, uid: int) -> None:
    """Remember the place; another that read on meanwhile is not set back."""
    there = Mailbox.objects.filter(pk=mailbox.pk, uid_validity=mailbox.uid_validity, last_uid__lt=uid)
    there.update(last_uid=uid)
    mailbox.last_uid = uid
