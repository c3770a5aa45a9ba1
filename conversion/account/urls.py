"""Pages of one's own account. Those of allauth that nobody needs here (signing up, addresses) are left out."""

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as second
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from django.core.exceptions import PermissionDenied
from django.urls import path
from django.views.decorators.cache import never_cache


def no_password(_request: Any) -> None:
    raise PermissionDenied("Your account has no password to change; ask whoever runs this server for one.")


PAGES: dict[str, tuple[str, Callable[..., Any]]] = {
    "": ("account_login", account.login),
    "code": ("mfa_authenticate", second.authenticate),
    "disabled": ("account_inactive", account.account_inactive),
    "sign-out": ("account_logout", account.logout),
    "again": ("account_reauthenticate", account.reauthenticate),
    "again/code": ("mfa_reauthenticate", second.reauthenticate),
    "password": ("account_change_password", account.password_change),
    "password/none": ("account_set_password", no_password),
    "two-factor": ("mfa_index", second.index),
    "two-factor/set-up": ("mfa_activate_totp", totp.activate_totp),
    "two-factor/remove": ("mfa_deactivate_totp", totp.deactivate_totp),
    "two-factor/codes": ("mfa_view_recovery_codes", codes.view_recovery_codes),
    "two-factor/codes/new": ("mfa_generate_recovery_codes", codes.generate_recovery_codes),
    "two-factor/codes/download": ("mfa_download_recovery_codes", codes.download_recovery_codes),
}
urlpatterns = [path(route, never_cache(view), name=name) for route, (name, view) in PAGES.items()]
