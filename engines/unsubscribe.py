"""The link by which people unsubscribe: its token. What follows from using it: `engines.inbound.optout`.

A token names the client and the touch, is signed, and tells nothing about the person. It never runs out: a link works as
long as the mail is kept.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64Error
from dataclasses import dataclass
from urllib.parse import urljoin
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer

from conversion.models import Activity, Client

SALT = "engines.unsubscribe"
BYTES = 16  # of an id
PATH = "u/"  # the route of engines.urls under which the tokens stand


@dataclass(frozen=True)
class Link:
    """The touch that a link came with."""

    client_id: UUID
    activity_id: UUID


def token_of(activity: Activity) -> str:
    """The same for the same touch, at any time: a second attempt to send it is the same message."""
    ids = urlsafe_b64encode(activity.client_id.bytes + activity.pk.bytes).decode().rstrip("=")
    return _signer().sign(ids)


def link_of(token: str) -> Link | None:
    """What a token names; None where it is none of ours. Tokens signed with an earlier secret key hold, where it is in
    SECRET_KEY_FALLBACKS.
    """
    try:
        text = _signer().unsign(token)
        ids = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (BadSignature, NotBase64Error, ValueError):
        return None
    return Link(UUID(bytes=ids[:BYTES]), UUID(bytes=ids[BYTES:])) if len(ids) == 2 * BYTES else None


def url_of(activity: Activity) -> str:
    """The address behind List-Unsubscribe and the link in the text; empty where PUBLIC_URL is not set."""
    if not settings.PUBLIC_URL:
        return ""
    return urljoin(settings.PUBLIC_URL.rstrip("/") + "/", PATH + token_of(activity))


def client_of(link: Link) -> Client | None:
    """Whom the mails came from, for the page; None where the touch is not kept any more."""
    touches = Activity.objects.for_client(link.client_id).select_related("client")
    touch = touches.filter(pk=link.activity_id, lead__erased_at=None).first()
    return None if touch is None else touch.client


def _signer() -> Signer:
    return Signer(salt=SALT, sep=".")
