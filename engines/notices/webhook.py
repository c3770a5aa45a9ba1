"""Posting a notice to an endpoint: JSON, signed."""

import json
import time
from typing import Any

import requests
from django.core.serializers.json import DjangoJSONEncoder

from conversion.models import Delivery, Notice, WebhookEndpoint
from conversion.secrets import CredentialError, credentials_of
from engines.notices.links import link_of
from engines.notices.outward import ForbiddenAddressError, post
from engines.notices.signing import headers_of

TAKEN = range(200, 300)
SECRET = "secret"  # noqa: S105 (its name among the credentials)


class NotTakenError(Exception):
    """The endpoint did not take it; the message says why, without its address. status: of its answer, if it gave one."""

    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


def send(delivery: Delivery, endpoint: WebhookEndpoint) -> int:
    """Post it; the status of the answer. Raises NotTakenError."""
    try:
        secret = credentials_of(endpoint).get(SECRET, "")
    except CredentialError as error:
        raise NotTakenError("its secret cannot be read") from error
    if not secret:
        raise NotTakenError("it has no secret")
    body = json.dumps(document(delivery.notice), cls=DjangoJSONEncoder, sort_keys=True).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "agency-os",
        "Agency-Notice": str(delivery.notice_id),
        **headers_of(secret, body, int(time.time())),
    }
    try:
        status = post(endpoint.url, body, headers)
    except ForbiddenAddressError as error:
        raise NotTakenError(f"not sent: {error}") from error
    except (requests.RequestException, OSError, ValueError) as error:
        raise NotTakenError(f"no answer: {cause(error)}") from error
    if status not in TAKEN:
        raise NotTakenError(f"it answered {status}", status)
    return status


def cause(error: BaseException) -> str:
    """What an error of the network is, without the address that its text would quote."""
    for one in (error, *error.args):
        reason = getattr(one, "reason", None)
        if isinstance(reason, Exception):
            return type(reason).__name__
    return type(error).__name__


def document(notice: Notice) -> dict[str, Any]:
    """What a receiver reads. `id` is the same whenever the notice is sent again."""
    return {
        "id": str(notice.pk),
        "kind": notice.kind,
        "client_id": str(notice.client_id),
        "severity": notice.severity or None,
        "created_at": notice.created_at,
        "link": link_of(notice.payload) or None,
        "data": notice.payload,
    }
