"""Credentials at rest: encrypted with a key from the environment, and bound to the row that they belong to.

Fernet (AES-128-CBC with HMAC-SHA256) by the library cryptography. `CREDENTIAL_KEY` is one key, or several separated by
commas: the first encrypts, all decrypt. So a key is changed in three steps: put the new one in front, run
`encrypt_credentials`, take the old one away.
"""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Protocol

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

MAKE_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'


class Sealed(Protocol):
    """A row that keeps credentials: a provider account, a webhook endpoint."""

    pk: Any
    credentials: Any

    @property
    def name(self) -> Any: ...


class CredentialError(ValueError):
    """Credentials that cannot be encrypted or read; the message names the account and never what is in them."""


class KeyMissingError(CredentialError):
    """CREDENTIAL_KEY is not set where it is required, or is no key."""


def seal(account: Sealed, credentials: Mapping[str, str]) -> None:
    """Put the credentials, encrypted, on the account; the caller saves it. Raises KeyMissingError."""
    content = json.dumps({"account": str(account.pk), "credentials": dict(credentials)}, sort_keys=True)
    account.credentials = _keys().encrypt(content.encode()).decode("ascii")


def credentials_of(account: Sealed) -> dict[str, str]:
    """The account's credentials in plain text; empty where it has none. Raises CredentialError."""
    if not account.credentials:
        return {}
    try:
        content = json.loads(_keys().decrypt(account.credentials.encode()))
    except InvalidToken as error:
        raise CredentialError(
            f"the credentials of the account {account.name} cannot be read: no key in CREDENTIAL_KEY is the one that "
            "they were encrypted with, or they were changed; put the former key back, or set them again with set_account"
        ) from error
    if content["account"] != str(account.pk):
        raise CredentialError(f"the credentials of the account {account.name} were encrypted for another account")
    credentials: dict[str, str] = content["credentials"]
    return credentials


def sealed(text: str) -> str:
    """A secret that is no account's: of a second factor. Raises KeyMissingError."""
    return _keys().encrypt(text.encode()).decode("ascii")


def opened(text: str) -> str:
    """What `sealed` made, in plain text. Raises CredentialError."""
    try:
        return _keys().decrypt(text.encode()).decode()
    except InvalidToken as error:
        raise CredentialError(
            "a second factor cannot be read: no key in CREDENTIAL_KEY is the one that it was encrypted with; put the former "
            "key back, or remove it in the table of users"
        ) from error


def check_keys() -> None:
    """Raises KeyMissingError where nothing could be encrypted."""
    _keys()


def _keys() -> MultiFernet:
    given = list(settings.CREDENTIAL_KEY)
    if not given:
        if not settings.EMBEDDED:
            raise KeyMissingError(f"CREDENTIAL_KEY is not set; make a key with: {MAKE_KEY}")
        # With SQLite everything runs with nothing set; whoever holds the file holds the secret key as well.
        derived = salted_hmac("conversion.secrets", "credentials", algorithm="sha256").digest()
        given = [urlsafe_b64encode(derived).decode()]
    keys = []
    for place, key in enumerate(given, start=1):
        try:
            keys.append(Fernet(key))
        except ValueError as error:
            raise KeyMissingError(f"CREDENTIAL_KEY: key {place} is no Fernet key; make one with: {MAKE_KEY}") from error
    return MultiFernet(keys)
