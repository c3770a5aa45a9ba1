"""A test message goes out once for one press, through the sender's own account, and binds to what every message binds to."""

import socket
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from conversion.models import Activity, AuditEntry, IdempotentCall, Sender, Suppression
from conversion.tenancy import across_clients
from conversion.triggers import GATE
from engines import trial
from engines.accounts import set_account
from engines.desk import testing
from engines.outbox import home
from tests.callers import person
from tests.engines.providers.cases import CASES
from tests.factories import lead

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday
TO = "ann@operators.example"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    moment = {"at": NOON}
    for module in (trial, testing):
        monkeypatch.setattr(module, "database_now", lambda: moment["at"])
    return moment


@pytest.fixture
def acme(customer):
    customer.timezone = "Europe/London"
    customer.save()
    return customer


@pytest.fixture
def sender(acme):
    return Sender.objects.create(client=acme, channel="email", address="us@acme.example", display_name="Us")


@pytest.fixture
def browser(acme):
    return browser_of(person(acme, role="operator", email=TO))


def browser_of(user):
    made = Browser()
    made.force_login(user)
    return made


def page(sender):
    return reverse("desk:test-send", args=[sender.pk])


def press(browser, sender, to=TO, key=None):
    return browser.post(page(sender), {"to": to, "press": str(key or uuid4())}, follow=True)


def through(sender, kind, options, credentials):
    sender.account, _ = set_account(
        sender.client.agency, sender.client, sender.channel, "own", kind, options, credentials
    )
    sender.save()
    return sender


def said(answer):
    return " ".join(answer.content.decode().split())


def test_the_way_of_one(browser, sender):
    form = browser.get(page(sender))
    assert f'value="{TO}"' in said(form)
    check = browser.post(page(sender), {"to": TO})
    assert check.status_code == 200
    assert "This goes out" in said(check)
    key = check.context["press"]
    assert not IdempotentCall.objects.exists()
    for _ in range(3):
        answer = press(browser, sender, key=key)
        assert f"Its name there: <code>console-test-{key}</code>" in said(answer)
    assert [one.action for one in AuditEntry.objects.order_by("id")] == ["test_send", "test_send accepted"]
    assert TO not in str(list(IdempotentCall.objects.values())) + str(list(AuditEntry.objects.values()))
    with across_clients("operations"):
        assert not Activity.objects.exists()


OUTCOMES = {
    "accept": ("accepted", 1),
    "refuse": ("refused", 0),
    "busy": ("deferred", 0),
    "no_account": ("deferred", 0),
    "fault": ("unknown", 1),
    "garbage": ("unknown", 1),
    "reset": ("unknown", 1),
}


@pytest.mark.parametrize("mode", OUTCOMES)
@pytest.mark.parametrize("kind", ["resend", "postmark"])
def test_each_answer_of_a_real_provider(browser, sender, kind, mode):
    case = CASES[kind]
    with case.make() as service:
        service.mode = mode
        through(sender, kind, {"api_url": service.url}, case.credentials)
        key = uuid4()
        answers = [press(browser, sender, to="bob@recipient.example", key=key) for _ in range(2)]
        assert len(service.requests) == 1
        assert len(service.taken) == OUTCOMES[mode][1]
    for answer in answers:
        assert answer.context["outcome"].what == OUTCOMES[mode][0]
    if mode == "refuse":
        assert "told to refuse" in said(answers[0])


def test_an_account_that_is_at_fault_is_told_in_words(browser, sender):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    through(sender, "smtp", {"host": "127.0.0.1", "port": str(port), "security": "none"}, None)
    assert press(browser, sender).context["outcome"].what == "deferred"
    sender.account.is_active = False
    sender.account.save()
    answer = press(browser, sender)
    assert answer.status_code == 422
    assert "Nothing was sent: the account own at the provider is switched off." in said(answer)


def test_whoever_is_on_a_list_gets_nothing(browser, sender, acme):
    lead(acme, email="gone@x.example", email_key="gone@x.example", has_bounced=True)
    Suppression.objects.create(client=acme, kind="email", value=TO)
    Suppression.objects.create(agency=acme.agency, kind="domain", value="shut.example")
    for to in (TO, "Ann@Operators.example", "x@mail.shut.example", "gone@x.example"):
        for form in ({"to": to}, {"to": to, "press": str(uuid4())}):
            answer = browser.post(page(sender), form)
            assert answer.status_code == 422, to
            assert "suppression list" in said(answer) or "not written to" in said(answer)
    assert not IdempotentCall.objects.exists()


@pytest.mark.postgresql
def test_an_entry_that_is_being_written_is_waited_for(browser, sender, acme):
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"LOCK TABLE {GATE} IN ROW EXCLUSIVE MODE")  # as the trigger of a suppression does
        assert "the suppression list is being changed" in said(press(browser, sender))
        cursor.execute("ROLLBACK")
    other.close()
    assert not IdempotentCall.objects.exists()
    assert "accepted" in said(press(browser, sender))


def test_quiet_hours_bind(browser, sender, acme, clock, settings):
    clock["at"] = datetime(2026, 11, 24, 23, tzinfo=UTC)
    answer = press(browser, sender)
    assert "Not now: it is 23:00 there (London), and email goes out from 06:00 to 22:00." in said(answer)
    texts = Sender.objects.create(client=acme, channel="sms", address="+442071838750")
    answer = press(browser, texts, to="+442071838751")
    assert "Not now: it is 23:00 there (London)" in said(answer)
    clock["at"] = datetime(2026, 11, 22, 12, tzinfo=UTC)  # a Sunday
    assert "no business day" in said(press(browser, texts, to="+442071838751"))
    assert press(browser, sender).context["outcome"].what == "accepted"
    clock["at"] = NOON
    assert press(browser, texts, to="+442071838751").context["outcome"].what == "accepted"


@pytest.mark.parametrize(
    "to", ["", "no address", "a@b.example\r\nBcc: c@d.example", "\0@b.example", "x" * 300 + "@b.example", "\u202ea@b"]
)
def test_a_wrong_address_is_told_at_its_field(browser, sender, to):
    for form in ({"to": to}, {"to": to, "press": str(uuid4())}):
        answer = browser.post(page(sender), form)
        assert answer.status_code == 422
        assert 'aria-describedby="to-error"' in said(answer)
    assert browser.post(page(sender), {"to": TO, "press": "no-key"}).status_code == 200
    assert browser.get(f"{page(sender)}?sent=%00").status_code == 200


def test_five_an_hour(browser, sender):
    for _ in range(5):
        assert press(browser, sender).context["outcome"].what == "accepted"
    answer = press(browser, sender)
    assert (answer.status_code, "within the last hour" in said(answer)) == (422, True)
    assert IdempotentCall.objects.count() == 5
    IdempotentCall.objects.update(created_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert press(browser, sender).context["outcome"].what == "accepted"


def test_a_press_that_was_never_answered_is_unknown_and_not_sent_again(browser, sender, monkeypatch):
    def die(*_, **__):
        raise SystemExit

    key = uuid4()
    monkeypatch.setattr("engines.providers.console.ConsoleProvider.send", die)
    with pytest.raises(SystemExit):
        press(browser, sender, key=key)
    assert press(browser, sender, key=key).context["outcome"].what == "unknown"


def test_a_copy_of_the_database_sends_nothing(browser, sender, monkeypatch):
    assert press(browser, sender).context["outcome"].what == "accepted"
    monkeypatch.setattr(home, "here", lambda: "elsewhere")
    answer = press(browser, sender)
    assert (answer.status_code, "restored or copied" in said(answer)) == (422, True)


@pytest.mark.parametrize("channel", ["voice", "linkedin", "mail"])
def test_what_cannot_be_tried_says_why(browser, acme, channel):
    sender = Sender.objects.create(client=acme, channel=channel, address="+442071838750")
    text = said(browser.get(page(sender)))
    assert ("cannot be tried" in text or "nothing to try" in text, '<form method="post" class="desk-form"' in text) == (
        True,
        False,
    )
    assert press(browser, sender).context["outcome"] is None
    assert not IdempotentCall.objects.exists()


def test_a_press_is_its_owners_and_its_senders(browser, sender, acme):
    key = uuid4()
    press(browser, sender, key=key)
    colleague = browser_of(person(acme, role="operator"))
    assert colleague.get(f"{page(sender)}?sent={key}").context["outcome"] is None
    other = Sender.objects.create(client=acme, channel="email", address="two@acme.example")
    assert browser.get(f"{page(other)}?sent={key}").context["outcome"] is None


def test_who_may(sender, acme, make_client):
    assert browser_of(person(acme, role="viewer")).get(page(sender)).status_code == 403
    assert browser_of(person(make_client("Twin"))).get(page(sender)).status_code == 404
    assert Browser().post(page(sender), {"to": TO}).status_code == 302
