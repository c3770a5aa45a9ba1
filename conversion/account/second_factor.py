"""Second factors: who has to have one and is sent to set it up, what is encrypted of them, and how one is taken away."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse

from conversion import secrets

FREE = ("/u/", "/webhooks/")  # doors at which no person stands, whoever is signed in there
SECRETS = ("secret", "seed")


def required(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Middleware: whoever has to have a second factor and has none gets no page but those of the own account. The API takes
    such a session for nobody's; tokens are a factor of their own.
    """

    def middleware(request: Any) -> Any:
        if request.path.startswith(FREE) or not is_missing(request.user):
            return get_response(request)
        request.second_factor_is_missing = True  # so the page says why
        if request.path.startswith("/api/"):
            request.user = AnonymousUser()
        elif not request.path.startswith(reverse(settings.LOGIN_URL)):
            return redirect("mfa_activate_totp")
        return get_response(request)

    return middleware


def is_missing(user: Any) -> bool:
    return is_required(user) and not Authenticator.objects.filter(user_id=user.pk, type="totp").exists()


def is_required(user: Any) -> bool:
    if not user.is_authenticated:
        return False
    match settings.REQUIRE_TOTP:
        case "everybody":
            return True
        case "staff":
            return bool(user.is_staff or user.is_superuser)
    return False


def remove(user: Any) -> bool:
    """Take away somebody's second factor and recovery codes, whose device is lost. False: there was none."""
    return bool(Authenticator.objects.filter(user=user).delete()[0])


@transaction.atomic
def encrypt_all() -> int:
    """Encrypt all of them anew with the first key. Raises CredentialError."""
    rows = list(Authenticator.objects.select_for_update().order_by("pk"))
    for row in rows:
        row.data |= {name: secrets.sealed(secrets.opened(row.data[name])) for name in SECRETS if name in row.data}
        row.save(update_fields=["data"])
    return len(rows)
