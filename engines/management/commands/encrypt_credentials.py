"""Encrypt all credentials and second factors anew with the first of the keys: the others can be taken away then."""

from typing import Any

from django.db import transaction

from conversion.account import second_factor
from conversion.management.audited import Audited
from conversion.management.plainly import told_plainly
from conversion.models import BookingHook, ProviderAccount, WebhookEndpoint
from conversion.secrets import CredentialError, credentials_of, seal
from conversion.tenancy import across_clients


class Command(Audited):
    help = "Encrypt the credentials of all accounts and webhooks, and second factors, anew with the first of CREDENTIAL_KEY."

    def handle(self, **_: Any) -> None:
        with told_plainly("nothing was changed", CredentialError):
            count = encrypt_all()
        self.stdout.write(f"Accounts encrypted with the first key: {count}. The other keys can be taken away.")


@transaction.atomic
def encrypt_all() -> int:
    count = second_factor.encrypt_all()
    with across_clients("keys"):
        for model in (ProviderAccount, WebhookEndpoint, BookingHook):
            for row in model.objects.exclude(credentials="").select_for_update().order_by("pk"):
                seal(row, credentials_of(row))
                row.save(update_fields=["credentials"])
                count += 1
    return count
