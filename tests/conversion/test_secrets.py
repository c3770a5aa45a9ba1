"""Credentials are encrypted at rest, bound to their account, and survive a change of keys."""

import pytest
from cryptography.fernet import Fernet

from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, KeyMissingError, check_keys, credentials_of, seal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
GIVEN = {"api_key": "re_123"}


@pytest.fixture
def account(agency):
    return ProviderAccount(agency=agency, channel="email", kind="resend", name="main")


def test_nothing_of_them_is_readable_in_the_database(account, settings):
    settings.CREDENTIAL_KEY = [OLD]
    seal(account, GIVEN)
    account.save()
    stored = ProviderAccount.objects.get(pk=account.pk)
    assert "re_123" not in stored.credentials
    assert "api_key" not in stored.credentials
    assert credentials_of(stored) == GIVEN


def test_an_account_without_credentials(account):
    assert credentials_of(account) == {}


def test_every_key_reads_and_the_first_writes(account, settings):
    settings.CREDENTIAL_KEY = [OLD]
    seal(account, GIVEN)
    settings.CREDENTIAL_KEY = [NEW, OLD]
    assert credentials_of(account) == GIVEN
    seal(account, GIVEN)
    settings.CREDENTIAL_KEY = [NEW]
    assert credentials_of(account) == GIVEN


def test_without_the_key_the_account_is_named_and_nothing_else(account, settings):
    settings.CREDENTIAL_KEY = [OLD]
    seal(account, GIVEN)
    settings.CREDENTIAL_KEY = [NEW]
    with pytest.raises(CredentialError) as error:
        credentials_of(account)
    assert str(error.value) == (
        "the credentials of the account main cannot be read: no key in CREDENTIAL_KEY is the one that they were encrypted "
        "with, or they were changed; put the former key back, or set them again with set_account"
    )


@pytest.mark.parametrize("text", ["gAAAAA", "plain text", "é", "\0"])
def test_what_is_no_ciphertext_names_the_account(account, text):
    account.credentials = text
    with pytest.raises(CredentialError, match="the account main cannot be read"):
        credentials_of(account)


def test_credentials_do_not_work_on_another_account(account, agency):
    seal(account, GIVEN)
    other = ProviderAccount(
        agency=agency, channel="email", kind="resend", name="other", credentials=account.credentials
    )
    with pytest.raises(CredentialError, match="the account other were encrypted for another account"):
        credentials_of(other)


def test_with_sqlite_a_key_follows_from_the_secret_key(account, settings):
    settings.CREDENTIAL_KEY, settings.EMBEDDED = [], True
    seal(account, GIVEN)
    assert credentials_of(account) == GIVEN
    settings.SECRET_KEY = "another"  # noqa: S105 (of a test)
    with pytest.raises(CredentialError):
        credentials_of(account)


def test_elsewhere_a_key_is_required(account, settings):
    settings.CREDENTIAL_KEY, settings.EMBEDDED = [], False
    with pytest.raises(KeyMissingError, match="CREDENTIAL_KEY is not set"):
        seal(account, GIVEN)


@pytest.mark.parametrize("bad", ["secret", "a" * 44, OLD[:-2], "é"], ids=["short", "one letter", "cut", "not ASCII"])
def test_a_key_that_is_none_is_told_by_its_place(settings, bad):
    settings.CREDENTIAL_KEY = [OLD, bad]
    with pytest.raises(KeyMissingError, match="CREDENTIAL_KEY: key 2 is no Fernet key") as error:
        check_keys()
    assert bad not in str(error.value)
