"""What allauth asks this project."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.urls import reverse

from conversion import secrets


class Accounts(DefaultAccountAdapter):
    def is_open_for_signup(self, request: Any) -> bool:  # noqa: ARG002 (allauth's signature)
        return False

    def get_password_change_redirect_url(self, request: Any) -> str:  # noqa: ARG002 (as above)
        return reverse("mfa_index")


class SecondFactors(DefaultMFAAdapter):
    """Secrets are encrypted as those of providers are: neither a backup nor a copy of the database signs anybody in."""

    def encrypt(self, text: str) -> str:
        return secrets.sealed(text)

    def decrypt(self, encrypted_text: str) -> str:
        return secrets.opened(encrypted_text)

    def get_totp_label(self, user: Any) -> str:
        return str(user.get_username())
