"""`check --deploy` refuses a set-up in which nothing, or nothing lawful, would be sent."""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from conversion.models import ProviderAccount
from engines.checks import check_accounts, check_sending

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def production(settings):
    settings.EMBEDDED = False
    settings.CREDENTIAL_KEY = [Fernet.generate_key().decode()]
    settings.DEFAULT_PROVIDERS = {"email": "none"}
    settings.PUBLIC_URL = "https://outreach.example"
    settings.ALLOWED_HOSTS = [".example", "localhost", "127.0.0.1"]
    return settings


def ids():
    return [found.id for found in check_sending()]


def test_a_production_set_up_passes(production):
    assert ids() == []


def test_the_console_sends_nothing(production):
    production.DEFAULT_PROVIDERS = {"email": "console"}
    (found,) = check_sending()
    assert (found.id, found.msg) == (
        "agency.E004",
        "The console provider is the default for email, and sends nothing anywhere.",
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("consle", "there is no e-mail provider 'consle'"), ("smtp", "the option host is missing")],
)
def test_a_default_that_cannot_send(production, kind, reason):
    production.DEFAULT_PROVIDERS = {"email": kind}
    (found,) = check_sending()
    assert (found.id, found.msg) == ("agency.E009", f"The default provider for email cannot send: {reason}.")


def test_times(production):
    production.SEND_TIMEOUT_SECONDS, production.SEND_LEASE_SECONDS = 15, 20
    production.EMAIL_AT_ANY_TIME = True
    assert ids() == ["agency.E010", "agency.W003"]


@pytest.mark.parametrize("url", ["", "http://outreach.example", "https://localhost", "https://127.0.0.1:8000"])
def test_links_must_be_reachable(production, url):
    production.PUBLIC_URL = url
    assert ids() == ["agency.E005"]


def test_the_host_of_the_links_is_answered_for(production):
    production.ALLOWED_HOSTS = ["app.example"]
    (found,) = check_sending()
    assert (found.id, found.msg) == ("agency.E007", "ALLOWED_HOSTS lacks outreach.example, the host of PUBLIC_URL.")


def test_the_key_of_the_credentials_is_required(production):
    production.CREDENTIAL_KEY = []
    (found,) = check_sending()
    assert (found.id, found.msg) == ("agency.E003", "CREDENTIAL_KEY is not set.")
    assert found.hint.startswith("Make a key with: python -c ")
    production.CREDENTIAL_KEY = ["short"]
    assert ids() == ["agency.E003"]


def test_accounts_at_the_console(agency):
    assert check_accounts(databases=["default"]) == []
    for name, is_active in (("main", True), ("old", False)):
        ProviderAccount.objects.create(agency=agency, channel="email", kind="console", name=name, is_active=is_active)
    assert [found.msg for found in check_accounts(databases=["default"])] == [
        "The account main sends nothing anywhere."
    ]
    assert check_accounts() == []


def test_the_command_refuses_the_console():
    environment = {
        "PATH": "/usr/bin",
        "DATABASE_URL": "postgresql:///none",
        "SECRET_KEY": "x" * 60,
        "ALLOWED_HOSTS": "a",
        "EMAIL_PROVIDER": "console",
    }
    command = [sys.executable, "manage.py", "check", "--deploy"]
    outcome = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert outcome.returncode == 1
    assert "(agency.E004) The console provider is the default for email" in outcome.stderr
