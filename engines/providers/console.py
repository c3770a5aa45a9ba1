"""The embedded default: takes everything and sends nothing anywhere."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from conversion.vocabulary import Channel
from engines.message import mime
from engines.providers.contract import Absent, Accepted, Outgoing, Refused, Result

logger = logging.getLogger(__name__)
WHAT = {Channel.EMAIL: "an e-mail", Channel.SMS: "a text message", Channel.VOICE: "a call"}


class ConsoleProvider:
    """Logs at INFO that a message was taken, without saying to whom but for an e-mail's domain; all of it at DEBUG."""

    name = "console"
    honours_key_for: timedelta | None = None

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        del timeout
        try:
            content = written(outgoing)
        except (ValueError, UnicodeError) as error:
            return Refused(f"no e-mail can be made of it: {error}")
        what = WHAT.get(Channel(outgoing.channel), f"a message by {outgoing.channel}")
        domain = outgoing.recipient.rpartition("@")[2] if outgoing.channel == Channel.EMAIL else ""
        at = f" at {domain}" if domain else ""
        logger.info("%s: %s of %d bytes to somebody%s; nothing was sent", outgoing.key, what, len(content), at)
        logger.debug("%s:\n%s", outgoing.key, content.decode())
        return Accepted(f"console-{outgoing.key}")

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None


def written(outgoing: Outgoing) -> bytes:
    if outgoing.channel == Channel.EMAIL:
        return mime(outgoing)
    return f"From: {outgoing.sender}\nTo: {outgoing.recipient}\n\n{outgoing.text}".encode()


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> ConsoleProvider:
    del options, credentials
    return ConsoleProvider()
