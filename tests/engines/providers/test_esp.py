"""Mail services behind HTTP: the idempotency key, and what answers prove."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from engines.providers import esp, registry
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
from engines.providers.errors import AccountError
from tests.engines.providers.cases import CASES, SECRET, mailgun, outgoing, postmark, resend


@pytest.fixture
def service():
    with resend() as running:
        yield running


def send(service, **fields):
    return CASES["resend"].build(service).send(outgoing(**fields), timeout=5)


def test_resend_gets_the_key_as_a_header_and_not_in_the_message(service):
    send(service)
    (request,) = service.requests
    assert request.headers["Idempotency-Key"] == "key-1"
    assert "Idempotency-Key" not in service.taken[0]["headers"]
    assert "X-Metadata" not in service.taken[0]["headers"]


def test_resend_cuts_a_key_that_is_too_long(service):
    send(service, key="k" * 300)
    assert service.requests[0].headers["Idempotency-Key"] == "k" * 256


def test_resend_answers_a_second_attempt_with_the_first_message(service):
    assert CASES["resend"].build(service).honours_key_for == timedelta(hours=24)
    assert [send(service), send(service), send(service, key="key-2")] == [
        Accepted("id-1"),
        Accepted("id-1"),
        Accepted("id-2"),
    ]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (400, Refused),
        (401, Deferred),
        (402, Deferred),
        (403, Deferred),
        (404, Refused),
        (408, Uncertain),
        (409, Uncertain),
        (413, Refused),
        (422, Refused),
        (429, Deferred),
        (500, Uncertain),
        (502, Uncertain),
        (503, Uncertain),
    ],
)
def test_what_a_status_proves(service, code, kind):
    service.mode, service.errors = "told", {"told": code}
    result = send(service)
    assert isinstance(result, kind)
    assert result.reason == f"the service answered {code}: told to told"


def test_redirects_are_not_followed(service):
    service.mode = "redirect"
    assert isinstance(send(service), Uncertain)
    assert len(service.requests) == 1


@pytest.mark.parametrize(
    ("text", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-3", None), ("9" * 400, 86_400.0)]
)
def test_how_long_to_wait(text, seconds):
    assert esp.retry_after(answer(text)) == seconds


def test_until_when_to_wait():
    until = datetime.now(UTC) + timedelta(seconds=60)
    assert 57 <= esp.retry_after(answer(format_datetime(until, usegmt=True))) <= 60
    assert esp.retry_after(answer(format_datetime(until - timedelta(hours=1), usegmt=True))) == 0.0


def answer(retry_after):
    response = esp.requests.Response()
    response.headers["Retry-After"] = retry_after
    return response


def test_postmark_is_asked_what_became_of_a_message():
    with postmark() as service:
        provider = CASES["postmark"].build(service)
        service.mode = "fault"
        assert isinstance(provider.send(outgoing(), timeout=5), Uncertain)
        assert provider.look_up("key-1") == Accepted("id-1")
        assert provider.look_up("key-2") is None
        assert service.taken[0]["headers"]["X-PM-KeepID"] == "true"


def test_postmarks_no_to_a_recipient_is_a_no_however_it_writes_the_address():
    with postmark() as service:
        provider = CASES["postmark"].build(service)
        service.mode, service.errors, service.error_code = "told", {"told": 422}, 406
        service.said = ". Found inactive addresses: BOB@Recipient.example."
        result = provider.send(outgoing(), timeout=5)
    assert isinstance(result, Refused)


def test_postmark_that_does_not_answer_proves_nothing():
    with postmark() as service:
        provider = CASES["postmark"].build(service)
    assert provider.look_up("key-1") is None


def test_names_with_commas_and_quotes_arrive():
    seen = []
    with mailgun() as service:
        read = service.read
        service.read = lambda request, body: seen.append(body) or read(request, body)
        result = CASES["mailgun"].build(service).send(outgoing(sender_name='Müller, "Ann"'), timeout=5)
    assert isinstance(result, Accepted)
    assert b"ann@sender.example" in seen[0] or b"ann%40sender.example" in seen[0]


@pytest.mark.parametrize("kind", ["", "base", "amazon_ses", "console2", "../resend", "test", "no_such"])
def test_a_kind_that_is_none(kind):
    with pytest.raises(AccountError, match="there is no e-mail provider"):
        registry.build("email", kind, {}, {})


@pytest.mark.parametrize("kind", ["mailgun", "brevo", "mailersend", "sparkpost", "mailtrap"])
def test_other_services_of_anymail_are_accounts_like_any(kind):
    name = "api_token" if kind in {"mailersend", "mailtrap"} else "api_key"
    assert registry.build("email", kind, {}, {name: SECRET}).name == kind
    with pytest.raises(AccountError, match=f"{name} is missing"):
        registry.build("email", kind, {}, {})
