"""Postmark (postmarkapp.com): knows no idempotency keys, but can be asked what became of a message."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import requests
from anymail.backends.postmark import EmailBackend

from engines.providers.contract import Absent, Accepted, Outgoing
from engines.providers.esp import EspProvider, Message, checked

LOOK_UP_SECONDS = 10.0
OPTIONS = ("message_stream", "api_url")
CREDENTIALS = ("server_token", "webhook_secret")  # the second proves its webhooks (engines.webhooks.services)


class PostmarkProvider(EspProvider):
    def message_of(self, outgoing: Outgoing) -> Message:
        message = super().message_of(outgoing)
        message.extra_headers["X-PM-KeepID"] = "true"  # else Postmark writes its own Message-ID, and threads fall apart
        return message

    def look_up(self, key: str) -> Accepted | Absent | None:
        """Found by the key in its metadata. Not found is no proof: the search lags behind, and forgets after weeks."""
        backend = self.backend(timeout=LOOK_UP_SECONDS, **self.arguments)
        try:
            response = requests.get(
                urljoin(backend.api_url, "messages/outbound"),
                params={"count": "1", "offset": "0", "metadata_key": key},
                headers={"Accept": "application/json", "X-Postmark-Server-Token": backend.server_token},
                timeout=LOOK_UP_SECONDS,
                allow_redirects=False,
            )
            found = response.json()["Messages"] if response.ok else []
            # An address that ignored the filter would answer with any message.
            mine = [one["MessageID"] for one in found if one.get("Metadata", {}).get("key") == key]
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError):
            return None
        return Accepted(mine[0]) if mine and isinstance(mine[0], str) else None


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> EspProvider:
    """credentials: `server_token`. options: `message_stream`, such as `broadcast`; `api_url` for another address."""
    return checked(PostmarkProvider("postmark", EmailBackend, options, credentials))
