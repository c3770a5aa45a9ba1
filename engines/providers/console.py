"""The embedded default: takes every e-mail and sends nothing anywhere."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engines.message import mime
from engines.providers.contract import Absent, Accepted, Outgoing, Refused, Result

logger = logging.getLogger(__name__)


class ConsoleProvider:
    """Logs at INFO that a message was taken, without saying to whom but for the domain; the whole message at DEBUG."""

    name = "console"
    honours_key_for: timedelta | None = None

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        del timeout
        try:
            content = mime(outgoing)
        except (ValueError, UnicodeError) as error:
            return Refused(f"no e-mail can be made of it: {error}")
        domain = outgoing.recipient.rpartition("@")[2]
        logger.info("%s: an e-mail of %d bytes to somebody at %s; nothing was sent", outgoing.key, len(content), domain)
        logger.debug("%s:\n%s", outgoing.key, content.decode())
        return Accepted(f"console-{outgoing.key}")

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> ConsoleProvider:
    del options, credentials
    return ConsoleProvider()
