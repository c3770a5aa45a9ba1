"""What providers say of trouble."""

import re
from collections.abc import Iterable
from dataclasses import replace

from engines.providers.contract import Accepted, Result

REASON_LENGTH = 200
SHORTEST = 4  # characters of a credential worth hiding; shorter ones are words like "ann", found in any sentence


class AccountError(ValueError):
    """Nothing can be sent through the account as it is; the message says why."""


def cut(what: object) -> str:
    """The text on one line, cut: what a server says may be long, and stands in a row's reason. An error without a text is
    named by its kind.
    """
    text = " ".join(str(what).split()) or type(what).__name__
    return text if len(text) <= REASON_LENGTH else text[:REASON_LENGTH] + "..."


def discreet(result: Result, recipient: str, credentials: Iterable[str]) -> Result:
    """The answer with the recipient's address and the credentials taken out of its reason: servers like to repeat them,
    and a reason stands in rows, logs and exports.
    """
    if isinstance(result, Accepted):
        return result
    reason = result.reason
    for value in sorted((one for one in credentials if len(one) >= SHORTEST), key=len, reverse=True):
        reason = reason.replace(value, "[...]")
    named = re.compile(re.escape(recipient), re.IGNORECASE)  # servers repeat it in lower case
    return replace(result, reason=named.sub("[recipient]", reason))
