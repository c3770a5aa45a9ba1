"""Addresses that notices are posted to, as an operator sets them up."""

import secrets
from collections.abc import Collection
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from conversion.models import Agency, Client, WebhookEndpoint
from conversion.models.notice import every_kind
from conversion.secrets import seal
from engines.notices.webhook import SECRET


@transaction.atomic
def set_endpoint(
    owner: Agency | Client, url: str, kinds: Collection[str] = (), *, is_active: bool = True, new_secret: bool = False
) -> tuple[WebhookEndpoint, str]:
    """Create the owner's endpoint of this address, or change it. kinds: words of NoticeKind; without any all, or those that
    it has. Returns it with its secret, where that was made here: it is not shown again.

    Raises ValidationError, which names the field, and conversion.secrets.CredentialError.
    """
    whose: dict[str, Any] = {"client": owner} if isinstance(owner, Client) else {"agency": owner}
    endpoint = WebhookEndpoint.objects.select_for_update().filter(url=url, **whose).first()
    if is_new := endpoint is None:
        endpoint = WebhookEndpoint(url=url, kinds=every_kind(), **whose)
    endpoint.is_active = is_active
    if kinds:
        endpoint.kinds = sorted(set(kinds))
    secret = ""
    if is_new or new_secret:
        secret = secrets.token_urlsafe(32)
        seal(endpoint, {SECRET: secret})
    endpoint.full_clean()
    endpoint.save()
    return endpoint, secret


def in_words(error: ValidationError) -> str:
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
