"""Accounts and senders are set up by command; a secret is never on the command line, nor in what is printed."""

import io
import json

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from conversion.models import Agency, ProviderAccount, Sender
from conversion.secrets import credentials_of
from patterns.models import HealthAlert

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(monkeypatch, settings):
    settings.CREDENTIAL_KEY = [Fernet.generate_key().decode()]

    def call(*words, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        out = io.StringIO()
        call_command(*words, stdout=out)
        return out.getvalue().strip()

    return call


def refused(run, *words, **given):
    with pytest.raises(CommandError) as error:
        run(*words, **given)
    assert error.value.returncode == 2
    return str(error.value)


def test_an_account_from_standard_input(run, agency):
    told = run("set_account", "main", "--kind", "resend", "--credentials", "-", stdin='{"api_key": "re_123"}')
    assert told == "New account main: resend, for all clients of Northwind"
    account = ProviderAccount.objects.get()
    assert (account.agency, account.client, account.options) == (agency, None, {})
    assert credentials_of(account) == {"api_key": "re_123"}


def test_an_account_from_a_file(run, agency, tmp_path):
    path = tmp_path / "credentials"
    path.write_text("# of the mail server\nusername=ann\npassword=a=b c\n")
    run("set_account", "main", "--kind", "smtp", "--option", "host=mail.example", "--credentials", str(path))
    assert credentials_of(ProviderAccount.objects.get()) == {"username": "ann", "password": "a=b c"}


def test_credentials_as_windows_writes_them(run, agency, tmp_path):
    path = tmp_path / "credentials"
    path.write_bytes(b"\xef\xbb\xbfusername=ann\r\npassword=b\r\n")
    words = ["set_account", "main", "--kind", "smtp", "--option", "host=mail.example", "--credentials", str(path)]
    run(*words)
    assert credentials_of(ProviderAccount.objects.get()) == {"username": "ann", "password": "b"}
    path.write_bytes(b"username=ann\npassword=p\xe4ss\n")
    assert refused(run, *words) == "credentials: the text is not UTF-8"


def test_one_that_cannot_be_read_is_switched_off(run, agency, settings):
    words = ["set_account", "main", "--kind", "smtp", "--option", "host=a.example", "--credentials", "-"]
    run(*words, stdin="username=a")
    settings.CREDENTIAL_KEY = [Fernet.generate_key().decode()]
    assert "the credentials of the account main cannot be read" in refused(run, "set_account", "main")
    assert run("set_account", "main", "--off").endswith("; it is switched off")
    assert ProviderAccount.objects.get().is_active is False


def test_another_kind_begins_anew(run, agency):
    run("set_account", "main", "--kind", "smtp", "--option", "host=a.example", "--credentials", "-", stdin="username=a")
    run("set_account", "main", "--kind", "resend", "--credentials", "-", stdin="api_key=re_123")
    account = ProviderAccount.objects.get()
    assert (account.kind, account.options, credentials_of(account)) == ("resend", {}, {"api_key": "re_123"})


def test_changing_one_keeps_the_rest(run, agency):
    run(
        "set_account",
        "main",
        "--kind",
        "smtp",
        "--option",
        "host=mail.example",
        "--credentials",
        "-",
        stdin="username=ann",
    )
    told = run("set_account", "main", "--option", "port=2525", "--off")
    assert told == "Account main: smtp, for all clients of Northwind; it is switched off"
    account = ProviderAccount.objects.get()
    assert account.options == {"host": "mail.example", "port": "2525"}
    assert credentials_of(account) == {"username": "ann"}
    assert account.is_active is False


def test_as_json_without_the_credentials(run, customer):
    words = ["set_account", "own", "--kind", "resend", "--client", "acme", "--credentials", "-", "--json"]
    told = json.loads(run(*words, stdin="api_key=re_123"))
    account = ProviderAccount.objects.get()
    assert told == {
        "id": str(account.pk),
        "name": "own",
        "kind": "resend",
        "channel": "email",
        "agency": "northwind",
        "client": "acme",
        "options": {},
        "has_credentials": True,
        "is_active": True,
    }


@pytest.mark.parametrize(
    ("words", "stdin", "reason"),
    [
        (["main"], "", "Northwind has no account 'main' for email yet: say of which --kind it is"),
        (["main", "--kind", "pigeon"], "", "the account main: there is no e-mail provider 'pigeon'"),
        (["main", "--kind", "resend"], "", "the account main: api_key is missing"),
        (["main", "--kind", "smtp"], "", "the account main: the option host is missing"),
        (
            ["main", "--kind", "smtp", "--option", "host=a.example", "--option", "prot=25"],
            "",
            (
                "the account main: there is no option 'prot'; "
                "what there is: host, port, security, imap_host, imap_port, imap_security"
            ),
        ),
        (
            ["main", "--kind", "smtp", "--option", "host=a.example", "--credentials", "-"],
            "user=ann",
            (
                "the account main: there is no credential 'user'; "
                "what there is: username, password, imap_username, imap_password"
            ),
        ),
        (
            ["main", "--kind", "smtp", "--option", "host=a.example", "--option", "port=99999"],
            "",
            "the account main: the option port is 99999, not a number from 1 to 65535",
        ),
        ([" ", "--kind", "console"], "", "name: an account's has 1 to 255 printable characters"),
        (["x" * 256, "--kind", "console"], "", "name: an account's has 1 to 255 printable characters"),
        (["main", "--kind", "smtp", "--option", "host"], "", "option 'host': write NAME=value"),
        (
            ["main", "--kind", "resend", "--option", "api_key=re_123"],
            "",
            "option api_key: give it with --credentials, which encrypts it",
        ),
        (
            ["main", "--kind", "resend", "--credentials", "-"],
            "{",
            "credentials: neither a JSON object nor lines NAME=value",
        ),
        (
            ["main", "--kind", "resend", "--credentials", "-"],
            "re_123",
            "credentials: neither a JSON object nor lines NAME=value",
        ),
        (
            ["main", "--kind", "resend", "--credentials", "-"],
            '{"api_key": 5}',
            "credentials: names with a text each are wanted, at least one",
        ),
        (
            ["main", "--kind", "resend", "--credentials", "-"],
            "",
            "credentials: names with a text each are wanted, at least one",
        ),
        (["main", "--kind", "smtp", "--agency", "none"], "", "there is no agency 'none'"),
    ],
)
def test_what_makes_no_account_changes_nothing(run, agency, words, stdin, reason):
    assert refused(run, "set_account", *words, stdin=stdin) == reason
    assert ProviderAccount.objects.count() == 0


def test_with_two_agencies_one_is_named(run, agency):
    Agency.objects.create(name="Southwind", slug="southwind")
    reason = refused(run, "set_account", "main", "--kind", "console")
    assert reason == "say which agency (--agency) or client (--client)"
    run("set_account", "main", "--kind", "console", "--agency", "Southwind")
    assert ProviderAccount.objects.get().agency.slug == "southwind"


def test_new_keys(run, agency, settings):
    for name in ("one", "two"):
        run("set_account", name, "--kind", "resend", "--credentials", "-", stdin=f"api_key={name}")
    run("set_account", "three", "--kind", "console")
    new = Fernet.generate_key().decode()
    settings.CREDENTIAL_KEY = [new, *settings.CREDENTIAL_KEY]
    told = run("encrypt_credentials")
    assert told == "Accounts encrypted with the first key: 2. The other keys can be taken away."
    settings.CREDENTIAL_KEY = [new]
    found = {account.name: credentials_of(account) for account in ProviderAccount.objects.all()}
    assert found == {"one": {"api_key": "one"}, "two": {"api_key": "two"}, "three": {}}


def test_new_keys_for_all_or_none(run, agency, settings):
    for name in ("one", "two"):
        run("set_account", name, "--kind", "resend", "--credentials", "-", stdin=f"api_key={name}")
    ProviderAccount.objects.filter(name="two").update(credentials="broken")
    before = ProviderAccount.objects.get(name="one").credentials
    assert "the account two cannot be read" in refused(run, "encrypt_credentials")
    assert ProviderAccount.objects.get(name="one").credentials == before


def test_a_sender(run, customer):
    run("set_account", "main", "--kind", "smtp", "--option", "host=mail.example")
    told = run("set_sender", "acme", "Ann@Acme.example", "--account", "main", "--name", "Ann", "--daily-cap", "20")
    assert told == "New sender Ann@acme.example of Acme, at most 20 a day, through main (smtp)"
    told = run("set_sender", "acme", "Ann@acme.example", "--daily-cap", "30")
    assert told == "Sender Ann@acme.example of Acme, at most 30 a day, through main (smtp)"
    sender = Sender.objects.get(client=customer)
    assert (sender.display_name, sender.account.name, sender.daily_cap) == ("Ann", "main", 30)


TWILIO = "account_sid=AC1\nauth_token=secret"


def test_numbers(run, customer):
    for name, channel, option in (
        ("texts", "sms", []),
        ("calls", "voice", ["--option", "operator_phone=+61412345670"]),
    ):
        words = ["set_account", name, "--channel", channel, "--kind", "twilio", "--credentials", "-", *option]
        assert run(*words, stdin=TWILIO) == f"New account {name}: twilio, for all clients of Northwind"
        told = run("set_sender", "acme", "+61 2 5550 0001", "--channel", channel, "--account", name)
        assert told == f"New sender +61255500001 of Acme, at most 50 a day, through {name} (twilio)"
    assert set(Sender.objects.for_client(customer).values_list("channel", "account__name")) == {
        ("sms", "texts"),
        ("voice", "calls"),
    }


@pytest.mark.parametrize(
    ("channel", "options", "credentials", "reason"),
    [
        ("sms", [], "account_sid=AC1", "auth_token is missing"),
        (
            "sms",
            [],
            "account_sid=AC1\nauth_token=b\nsid=c",
            "there is no credential 'sid'; what there is: account_sid, auth_token",
        ),
        (
            "sms",
            ["operator_phone=+61412345670"],
            TWILIO,
            "there is no option 'operator_phone'; what there is: base_url",
        ),
        ("sms", ["base_url=http://twilio.example"], TWILIO, "the option base_url is no https address"),
        ("voice", [], TWILIO, "the option operator_phone is missing: calls ring there first, as at +61412345678"),
        (
            "voice",
            ["operator_phone=0412345678"],
            TWILIO,
            (
                "the option operator_phone is no number in its international form (E.164): calls ring there first, "
                "as at +61412345678"
            ),
        ),
        ("linkedin", [], TWILIO, "there is no provider 'twilio' for linkedin"),
    ],
)
def test_what_makes_no_account_at_twilio(run, agency, channel, options, credentials, reason):
    words = ["set_account", "main", "--channel", channel, "--kind", "twilio", "--credentials", "-"]
    given = [word for option in options for word in ("--option", option)]
    assert refused(run, *words, *given, stdin=credentials) == f"the account main: {reason}"
    assert ProviderAccount.objects.filter(agency=agency).count() == 0


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["0412345678", "--channel", "sms"], "'0412345678' has no country code, and the country is not known"),
        (["jo", "--channel", "voice"], "'jo' is no phone number"),
        ([" ", "--channel", "linkedin"], "address: is empty"),
        (
            ["+61255500001", "--channel", "sms", "--account", "main"],
            "Acme has no sms account 'main'; its agency's: none yet",
        ),
        (["ann@localhost"], "address: 'ann@localhost' has no domain of the internet"),
        (["ann@acme.example", "--name", "A\nB"], "name: holds a line break"),
        (["ann@acme.example", "--daily-cap", "-1"], "daily cap: a number from 0 to 100000"),
        (["ann@acme.example", "--account", "own"], "Acme has no e-mail account 'own'; its agency's: main"),
    ],
)
def test_what_makes_no_sender_changes_nothing(run, customer, make_client, words, reason):
    make_client("Beta")
    run("set_account", "main", "--kind", "console")
    run("set_account", "own", "--kind", "console", "--client", "beta")
    assert refused(run, "set_sender", "acme", *words) == reason
    assert Sender.objects.filter(client=customer).count() == 0


def test_a_paused_sender_is_resumed(run, customer):
    sender = Sender.objects.create(client=customer, channel="email", address="ann@acme.example")
    assert refused(run, "resume_sender", "acme", "ann@acme.example") == "ann@acme.example is not paused."
    Sender.objects.filter(client=customer).update(paused_at=now(), pause_reason="3 of its 25 sends bounced")
    HealthAlert.objects.create(
        client=customer, code="sender_paused", subject=str(sender.pk), severity="high", message="It sends nothing."
    )
    told = run("resume_sender", "acme", "Ann@acme.example")
    assert told == "ann@acme.example of Acme sends again; bounces are counted anew from now on."
    sender.refresh_from_db()
    assert (sender.paused_at, sender.pause_reason, sender.watched_since is not None) == (None, "", True)
    assert HealthAlert.objects.for_client(customer).get().resolved_at is not None
    reason = refused(run, "resume_sender", "acme", "eve@acme.example")
    assert reason == "Acme has no sender eve@acme.example for email."
