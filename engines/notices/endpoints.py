"""Addresses that notices are posted to: set up by an operator, and switched off where they take nothing for days."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Min, QuerySet
from django.utils.timezone import now

from conversion.models import Agency, Client, Delivery, WebhookEndpoint
from conversion.models.notice import every_kind
from conversion.secrets import seal
from conversion.tenancy import across_clients
from conversion.vocabulary import DeliveryState, Severity
from engines.notices.webhook import SECRET
from patterns.alerts import Cause, open_alert, resolve
from patterns.models import HealthAlert

OFF = "webhook_off"  # the code of the alert
MOST = 20  # endpoints of one owner
PATIENCE = timedelta(days=5)  # a weekend, and the pauses of two days after which a notice is given up


class EndpointNotFound(LookupError):  # noqa: N818 (it says what is wrong)
    """The owner has no such address."""


@transaction.atomic
def set_endpoint(
    owner: Agency | Client,
    url: str,
    kinds: Collection[str] | None = None,
    *,
    is_active: bool = True,
    new_secret: bool = False,
) -> tuple[WebhookEndpoint, str]:
    """Create the owner's endpoint of this address, or change it. kinds: words of NoticeKind; where none are given all, or
    those that it has. Returns it with its secret, where that was made here: it is not shown again.

    Raises ValidationError, which names the field, and conversion.secrets.CredentialError.
    """
    type(owner)._default_manager.select_for_update(no_key=True).get(pk=owner.pk)  # two calls at once make one endpoint
    endpoint = endpoints_of(owner).filter(url=url).first()
    if is_new := endpoint is None:
        check_new(owner, url)
        endpoint = WebhookEndpoint(url=url, kinds=every_kind(), **whose(owner))
    endpoint.is_active = is_active
    if kinds:
        endpoint.kinds = sorted(set(kinds))
    secret = ""
    if is_new or new_secret:
        secret = secrets.token_urlsafe(32)
        seal(endpoint, {SECRET: secret})
    endpoint.full_clean()
    endpoint.save()
    settle_alert(endpoint)
    return endpoint, secret


def check_new(owner: Agency | Client, url: str) -> None:
    """Raises ValidationError where the owner has enough of them, or nothing would ever be posted there."""
    if url.startswith("http://") and not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        raise ValidationError({"url": "Give an https:// address."})
    if endpoints_of(owner).count() >= MOST:
        raise ValidationError({"url": f"There are {MOST} webhooks already: remove one first."})


@transaction.atomic
def remove_endpoint(endpoint: WebhookEndpoint) -> None:
    """Forget an address, and what was posted to it."""
    settle_alert(endpoint)
    with across_clients("notices"):  # an agency's took notices of several clients
        endpoint.delete()


def whose(owner: Agency | Client) -> dict[str, Any]:
    return {"client": owner} if isinstance(owner, Client) else {"agency": owner}


def endpoints_of(owner: Agency | Client) -> QuerySet[WebhookEndpoint]:
    """The owner's own: of a client without those of its agency."""
    return WebhookEndpoint.objects.filter(**whose(owner)).order_by("created_at", "id")


def find_endpoint(owner: Agency | Client, url: str) -> WebhookEndpoint:
    """Raises EndpointNotFound."""
    found = endpoints_of(owner).filter(url=url.replace("\0", "")).first()
    if found is None:
        raise EndpointNotFound(f"{owner} has no webhook to that address; `webhooks` lists those that there are")
    return found


def give_up(endpoint: WebhookEndpoint, client_id: Any, at: datetime, answer: str) -> bool:
    """Switch an endpoint off if it took nothing for days, now that one more notice to it is given up; whether that was done.
    client_id: whose notice it was, who hears of it.
    """
    since = failing_since(endpoint)
    if since is None or at - since < PATIENCE:
        return False
    message = (
        f"The {endpoint.name} took nothing since {since:%Y-%m-%d %H:%M} UTC, and is switched off. At last: {answer}. Put it "
        "right, switch it on, and replay what it missed (the command webhooks, or the API)."
    )
    with transaction.atomic():
        if not WebhookEndpoint.objects.filter(pk=endpoint.pk, is_active=True).update(is_active=False):
            return False
        open_alert(client_id, Cause(OFF, Severity.HIGH, message, subject=str(endpoint.pk)), at)
    return True


def failing_since(endpoint: WebhookEndpoint) -> datetime | None:
    """When the first notice was made of those that were given up since the endpoint last took one, or was switched on."""
    posted = Delivery.objects.filter(endpoint=endpoint)
    taken = posted.aggregate(at=Max("delivered_at"))["at"]
    switched_on = HealthAlert.objects.filter(code=OFF, subject=str(endpoint.pk)).aggregate(at=Max("resolved_at"))["at"]
    given_up = posted.filter(state=DeliveryState.FAILED)
    for moment in filter(None, (taken, switched_on)):
        given_up = given_up.filter(created_at__gte=moment)
    since: datetime | None = given_up.aggregate(at=Min("created_at"))["at"]
    return since


def settle_alert(endpoint: WebhookEndpoint) -> None:
    """Somebody saw to it."""
    with across_clients("notices"):
        resolve(HealthAlert.objects.filter(code=OFF, subject=str(endpoint.pk)), now())


def in_words(error: ValidationError) -> str:
    return "; ".join(f"{name}: {' '.join(texts)}" for name, texts in error.message_dict.items())
