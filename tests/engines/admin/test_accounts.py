"""Accounts in the admin: a form made from what the provider asks for, and credentials that go in and never come out."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conversion.models import Agency, AuditEntry, ProviderAccount
from conversion.secrets import credentials_of
from engines.accounts import set_account
from engines.providers.asks import SERVICES, asks, kinds
from engines.providers.errors import AccountError
from engines.providers.registry import build
from tests.engines.admin.conftest import errors

pytestmark = pytest.mark.django_db
ADD = "/admin/conversion/provideraccount/add/"
HOSTILE = ("\0", "a\0b", "x" * 3000, "\u202e\u2028", "<script>alert(1)</script>\n\n", "NaN")


def page(account):
    return reverse("admin:conversion_provideraccount_change", args=[account.pk])


def smtp(**more):
    return {
        "name": "main",
        "is_active": "on",
        "option_host": "mail.example",
        "option_port": "",
        "option_security": "",
        "option_imap_host": "",
        "option_imap_port": "",
        "option_imap_security": "",
        "credential_username": "ann",
        "credential_password": "s3cret-of-ann",
        "credential_imap_username": "",
        "credential_imap_password": "",
        **more,
    }


def test_first_of_which_kind(desk):
    text = desk.admin.get(ADD).content.decode()
    for channel, kind in [*kinds(), *(("email", kind) for kind in SERVICES)]:
        assert f'href="?provider={channel}.{kind}"' in text
    assert desk.admin.get(f"{ADD}?provider=fax.acme").context["groups"]


@pytest.mark.parametrize(("channel", "kind"), [*kinds(), *(("email", kind) for kind in SERVICES)])
def test_each_kind_is_asked_for_what_its_module_takes(desk, channel, kind):
    answer = desk.admin.get(f"{ADD}?provider={channel}.{kind}")
    fields = set(answer.context["adminform"].form.fields)
    asked = asks(channel, kind)
    named = {f"option_{name}" for name in asked.options} | {f"credential_{name}" for name in asked.credentials}
    assert fields == {"client", "name", "is_active"} | (
        named or ({"more_options", "more_credentials"} if asked.is_open else set())
    )
    with_all = (dict.fromkeys(asked.options, "1"), dict.fromkeys(asked.credentials, "a" * 20))
    told = ""
    try:
        build(channel, kind, *with_all)
    except AccountError as error:  # of a value; not that it has no such name
        told = str(error)
    assert "there is no" not in told
    assert "unexpected" not in told


def test_a_clients_own_account_is_made_and_its_secrets_stay_inside(desk):
    answer = desk.admin.post(f"{ADD}?provider=email.smtp", smtp(client=desk.acme.pk), follow=True)
    assert answer.redirect_chain
    account = ProviderAccount.objects.get()
    assert (account.client, account.agency, account.channel, account.kind) == (
        desk.acme,
        desk.acme.agency,
        "email",
        "smtp",
    )
    assert account.options == {"host": "mail.example"}
    assert credentials_of(account) == {"username": "ann", "password": "s3cret-of-ann"}
    shown = desk.admin.get(page(account)).content.decode()
    assert "s3cret-of-ann" not in shown
    assert ">ann<" not in shown
    assert shown.count("Stored; leave it empty to keep it.") == 2
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.client_id, "s3cret" in str(entry.changes)) == ("create", desk.acme.pk, False)


def test_blank_keeps_what_is_stored_and_an_option_goes_when_it_is_emptied(desk):
    given = {"host": "mail.example", "port": "2525"}
    account, _ = set_account(
        desk.acme.agency, desk.acme, "email", "main", "smtp", given, {"username": "a", "password": "b"}
    )
    change = smtp(option_port="", credential_username="", credential_password="new")  # noqa: S106 (made up)
    assert desk.admin.post(page(account), change).status_code == 302
    account.refresh_from_db()
    assert (account.options, credentials_of(account)) == (
        {"host": "mail.example"},
        {"username": "a", "password": "new"},
    )
    for _ in range(2):
        again = smtp(option_host="other.example", credential_username="", credential_password="")
        assert desk.admin.post(page(account), again).status_code == 302
    account.refresh_from_db()
    assert (account.options, credentials_of(account)["password"]) == ({"host": "other.example"}, "new")
    assert "new" not in str(list(AuditEntry.objects.values_list("changes", flat=True)))


def test_a_service_of_anymail_takes_lines(desk):
    form = {"client": desk.acme.pk, "name": "gun", "is_active": "on", "more_options": "sender_domain=mg.example"}
    desk.admin.post(f"{ADD}?provider=email.mailgun", {**form, "more_credentials": "api_key=k-1"})
    account = ProviderAccount.objects.get()
    assert (account.kind, account.options, credentials_of(account)) == (
        "mailgun",
        {"sender_domain": "mg.example"},
        {"api_key": "k-1"},
    )
    told = desk.admin.get(page(account)).content.decode()
    assert "Stored: api_key; leave it empty to keep them." in told
    assert "k-1" not in told
    form = {**form, "more_options": "api_key=oops"}
    assert list(errors(desk.admin.post(page(account), {**form, "more_credentials": ""}))) == ["more_options"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"option_host": ""}, "option_host"),
        ({"option_port": "many"}, "option_port"),
        ({"option_port": "99999"}, "option_port"),
        ({"option_security": "none"}, "option_security"),
        ({"option_imap_port": "993"}, "option_imap_host"),
        ({"name": ""}, "name"),
        ({"client": ""}, "client"),
        ({"client": "no-id"}, "client"),
        *[
            ({name: text}, name)
            for name in ("name", "option_host", "credential_password")
            for text in ("a\0b", "\u202eb", "x" * 3000)
        ],
    ],
)
def test_what_cannot_be_is_a_field_error(desk, change, field):
    answer = desk.admin.post(f"{ADD}?provider=email.smtp", smtp(**{"client": desk.acme.pk, **change}))
    assert field in errors(answer)
    assert not ProviderAccount.objects.exists()


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("provider", ["sms.twilio", "voice.twilio", "linkedin.unipile", "email.resend", "email.brevo"])
def test_hostile_values_never_break_the_page(desk, provider, text):
    names = desk.admin.get(f"{ADD}?provider={provider}").context["adminform"].form.fields
    form = {"client": desk.acme.pk, "name": "one", **{name: text for name in names if name not in {"client", "name"}}}
    assert desk.admin.post(f"{ADD}?provider={provider}", form).status_code in {200, 302}


def test_a_name_is_taken_once_in_an_agency(desk):
    set_account(desk.acme.agency, desk.twin, "email", "main", "console")
    answer = desk.admin.post(
        f"{ADD}?provider=email.console", {"client": desk.acme.pk, "name": "main", "is_active": "on"}
    )
    assert errors(answer) == {"name": ["The agency has an account of this name for the channel: choose another."]}


def test_a_shared_account_is_seen_by_staff_and_changed_by_superusers(desk):
    shared, _ = set_account(
        desk.acme.agency, None, "email", "shared", "smtp", {"host": "mail.example"}, {"username": "a", "password": "b"}
    )
    theirs, _ = set_account(desk.acme.agency, desk.twin, "email", "of the twin", "console")
    elsewhere, _ = set_account(desk.foreign.agency, None, "email", "elsewhere", "console")
    text = desk.admin.get("/admin/conversion/provideraccount/").content.decode()
    assert ["shared" in text, "of the twin" in text, "elsewhere" in text] == [True, False, False]
    seen = desk.admin.get(page(shared))
    assert (seen.status_code, "adminform" in seen.context, b"mail.example" in seen.content) == (200, True, True)
    assert desk.admin.post(page(shared), smtp()).status_code == 403
    assert [desk.admin.get(page(one)).status_code for one in (theirs, elsewhere)] == [302, 302]
    assert desk.root.post(page(shared), smtp(option_host="new.example")).status_code == 302
    shared.refresh_from_db()
    assert shared.options == {"host": "new.example"}


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_below_admin_nothing_is_changed(desk, role):
    account, _ = set_account(desk.acme.agency, desk.acme, "email", "main", "console")
    browser = getattr(desk, role)
    assert browser.get(page(account)).status_code == 200
    assert browser.post(page(account), {"is_active": ""}).status_code == 403
    assert browser.get(ADD).status_code == 403


def test_superusers_make_shared_accounts_and_the_default_is_left_alone(desk):
    form = {"agency": desk.acme.agency_id, "client": "", "name": "all", "is_active": "on"}
    desk.root.post(f"{ADD}?provider=email.console", form)
    assert ProviderAccount.objects.values_list("agency__slug", "client", "name").get() == ("northwind", None, "all")
    southwind = Agency.objects.get(slug="southwind").pk
    wrong = {**form, "client": desk.acme.pk, "agency": southwind}
    assert "agency" in errors(desk.root.post(f"{ADD}?provider=email.console", wrong))
    default = ProviderAccount.objects.create(channel="sms", kind="console", name="default")
    assert "__all__" in errors(desk.root.post(page(default), {"is_active": ""}))


def test_what_is_to_be_entered_at_the_provider(desk, settings):
    settings.PUBLIC_URL = "https://os.example/"
    account, _ = set_account(
        desk.acme.agency, desk.acme, "email", "main", "postmark", {}, {"server_token": "t", "webhook_secret": "u:p"}
    )
    text = desk.viewer.get(page(account)).content.decode()
    for what in ("tracking", "inbound"):
        assert f"https://os.example/webhooks/postmark/{account.pk}/{what}" in text
    assert "PUBLIC_URL is no https address" not in text
    settings.PUBLIC_URL = "http://localhost:8000"
    assert "PUBLIC_URL is no https address" in desk.viewer.get(page(account)).content.decode()


def test_the_list_asks_as_much_of_50_as_of_one(desk):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            desk.admin.get("/admin/conversion/provideraccount/")
        return len(queries)

    set_account(desk.acme.agency, desk.acme, "email", "0", "console")
    asked()
    one = asked()
    for number in range(1, 50):
        set_account(desk.acme.agency, desk.acme, "email", str(number), "console")
    assert asked() == one
