"""Which provider a touch goes through."""

import pytest

from conversion.models import ProviderAccount
from conversion.secrets import seal
from engines.providers.registry import AccountError, provider_for


def account(agency, **fields):
    given = {"channel": "email", "kind": "resend", "name": "main", **fields}
    made = ProviderAccount(agency=agency, **given)
    seal(made, {"api_key": "re_123"})
    return made


def test_the_senders_account_comes_first(agency):
    assert provider_for(account(agency), "email").name == "resend"


def test_without_one_the_default_sends(settings):
    settings.DEFAULT_PROVIDERS = {"email": "console"}
    assert provider_for(None, "email").name == "console"
    with pytest.raises(AccountError, match="there is no default for sms"):
        provider_for(None, "sms")


def test_two_accounts_have_credentials_of_their_own(agency):
    one, other = account(agency), account(agency, name="other")
    seal(other, {"api_key": "re_456"})
    assert provider_for(one, "email").arguments == {"api_key": "re_123"}
    assert provider_for(other, "email").arguments == {"api_key": "re_456"}


@pytest.mark.parametrize(
    ("fields", "channel", "reason"),
    [
        ({"is_active": False}, "email", "the account main at the provider is switched off"),
        ({}, "sms", "the account main is one for email, not for sms"),
        ({"kind": "carrier_pigeon"}, "email", "the account main: there is no e-mail provider 'carrier_pigeon'"),
        ({"kind": "postmark"}, "email", "the account main: server_token is missing"),
        ({"channel": "sms"}, "sms", "the account main: there is no provider 'resend' for sms"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_sent(agency, fields, channel, reason):
    with pytest.raises(AccountError) as error:
        provider_for(account(agency, **fields), channel)
    assert str(error.value) == reason
