"""Encrypt the credentials of all accounts anew with the first of the keys, so that the others can be taken away."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from conversion.management.plainly import told_plainly
from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, credentials_of, seal


class Command(BaseCommand):
    help = "Encrypt the credentials of all accounts anew with the first key of CREDENTIAL_KEY."

    def handle(self, **_: Any) -> None:
        with told_plainly("nothing was changed", CredentialError):
            count = encrypt_all()
        self.stdout.write(f"Accounts encrypted with the first key: {count}. The other keys can be taken away.")


@transaction.atomic
def encrypt_all() -> int:
    accounts = ProviderAccount.objects.exclude(credentials="").select_for_update().order_by("pk")
    for account in accounts:
        seal(account, credentials_of(account))
        account.save(update_fields=["credentials"])
    return len(accounts)
