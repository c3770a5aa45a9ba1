"""Resend (resend.com): a second attempt with the same key within a day is not a second message."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from anymail.backends.resend import EmailBackend, ResendPayload

from engines.providers.contract import Outgoing
from engines.providers.esp import EspProvider, Message, checked

# resend.com/docs/dashboard/emails/idempotency-keys: a header of at most 256 characters, kept for 24 hours.
KEY_LENGTH = 256
OPTIONS = ("api_url",)
# The secrets are those of its webhooks (engines.webhooks.services).
CREDENTIALS = ("api_key", "signing_secret", "inbound_secret", "webhook_secret")
WINDOW = timedelta(hours=24)
TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Backend(EmailBackend):  # type: ignore[misc] # anymail has no types
    """With the key as a real header: what anymail calls headers become part of the JSON body, which Resend does not read."""

    def build_message_payload(self, message: Message, defaults: Mapping[str, Any]) -> ResendPayload:
        payload = super().build_message_payload(message, defaults)
        payload.headers["Idempotency-Key"] = message.idempotency_key[:KEY_LENGTH]
        return payload


class ResendProvider(EspProvider):
    honours_key_for = WINDOW

    def message_of(self, outgoing: Outgoing) -> Message:
        message = super().message_of(outgoing)
        # Tags come back with every webhook; anymail would put metadata in a header that the recipient sees.
        del message.metadata
        tags = [{"name": name, "value": value} for name, value in outgoing.metadata.items() if TAG.fullmatch(value)]
        message.esp_extra = {"tags": tags} if tags else {}
        return message


def build(options: Mapping[str, Any], credentials: Mapping[str, str]) -> EspProvider:
    """credentials: `api_key`. options: none needed; `api_url` for another address."""
    return checked(ResendProvider("resend", Backend, options, credentials))
