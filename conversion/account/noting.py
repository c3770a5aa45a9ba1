"""What people change of their own account is noted in the audit log. Connected when the app is ready."""

from typing import Any

from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.dispatch import receiver

from conversion import audit, walls

CODES = Authenticator.Type.RECOVERY_CODES


def note(request: Any, action: str, user: Any) -> None:
    with walls.lifted("accounts"):
        audit.record(audit.actor_of(request), action, user)


@receiver(password_changed)
def of_password(request: Any, user: Any, **_: Any) -> None:
    note(request, "change password", user)


@receiver(authenticator_added)
def of_second_factor(request: Any, user: Any, authenticator: Authenticator, **_: Any) -> None:
    note(request, "new recovery codes" if authenticator.type == CODES else "set up two-factor", user)


@receiver(authenticator_removed)
def of_removal(request: Any, user: Any, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != CODES:  # they go with it
        note(request, "remove two-factor", user)


@receiver(authenticator_reset)
def of_codes(request: Any, user: Any, **_: Any) -> None:
    note(request, "new recovery codes", user)
