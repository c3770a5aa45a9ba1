"""An endpoint that takes nothing for days is switched off, and somebody hears of it; what it missed can be posted again."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.models import Delivery, WebhookEndpoint
from conversion.vocabulary import Severity
from engines.notices import deliver_due
from engines.notices.delivering import PAUSES
from engines.notices.endpoints import remove_endpoint, set_endpoint
from engines.notices.replaying import NotReplayed, log_of, missed, replay
from patterns.alerts import Cause, open_alert
from patterns.models import HealthAlert
from tests.engines.notices.receiver import endpoint, is_signed, receiver  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db(transaction=True)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TRIED_FOR = sum(PAUSES, timedelta())


@pytest.fixture(autouse=True)
def no_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def happens(client, subject, at):
    """Something worth telling, written down at a moment."""
    alert = open_alert(client.pk, Cause("circuit_open", Severity.HIGH, "Shut.", subject=subject), at)
    deliver_due(at=at)
    Delivery.objects.for_client(client).filter(notice__subject=str(alert.pk)).update(created_at=at)
    return alert


def tried_until_given_up(at):
    for pause in PAUSES:
        at += pause
        deliver_due(at=at)
    return at


def of(client):
    return HealthAlert.objects.for_client(client).filter(code="webhook_off")


def is_active():
    return WebhookEndpoint.objects.get().is_active


def test_one_that_takes_nothing_for_days_is_switched_off_with_one_alert(customer, make_client, endpoint, receiver):  # noqa: F811
    twin = make_client("Twin")
    receiver.answers = [500] * 40
    happens(customer, "1", NOON)
    tried_until_given_up(NOON)
    assert is_active()  # a weekend away is no reason
    happens(customer, "2", NOON + 4 * DAY)
    end = tried_until_given_up(NOON + 4 * DAY)
    assert end - NOON == 4 * DAY + TRIED_FOR
    assert not is_active()
    alert = of(customer).get()
    assert alert.message.startswith(
        "The webhook to 127.0.0.1 took nothing since 2026-03-02 12:00 UTC, and is switched off."
    )
    assert (alert.severity, of(twin).count()) == ("high", 0)
    posts = len(receiver.got)
    happens(customer, "3", end)
    assert len(receiver.got) == posts
    set_endpoint(customer, receiver.url)
    assert (of(customer).get().resolved_at is not None, is_active()) == (True, True)


def test_switched_on_it_has_its_days_again(customer, endpoint, receiver):  # noqa: F811
    receiver.answers = [500] * 40
    happens(customer, "1", NOON)
    tried_until_given_up(NOON)
    happens(customer, "2", NOON + 4 * DAY)
    tried_until_given_up(NOON + 4 * DAY)
    set_endpoint(customer, receiver.url)
    of(customer).update(resolved_at=NOON + 8 * DAY)
    happens(customer, "3", NOON + 9 * DAY)
    tried_until_given_up(NOON + 9 * DAY)
    assert is_active()


def test_one_that_takes_other_notices_stays(customer, endpoint, receiver):  # noqa: F811
    receiver.answers = [500] * (len(PAUSES) + 1)
    happens(customer, "1", NOON)
    tried_until_given_up(NOON)
    happens(customer, "2", NOON + 3 * DAY)
    receiver.answers = [500] * (len(PAUSES) + 1)
    happens(customer, "3", NOON + 4 * DAY)
    tried_until_given_up(NOON + 4 * DAY)
    assert [row.state for row in log_of(customer)] == ["failed", "delivered", "failed"]
    assert is_active()


def test_an_agency_s_endpoint_that_is_switched_off_is_told_at_the_client_it_failed_for(
    customer,
    make_client,
    agency,
    receiver,  # noqa: F811
    settings,
):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    set_endpoint(agency, receiver.url)
    twin = make_client("Twin")
    receiver.answers = [500] * 40
    happens(twin, "1", NOON)
    tried_until_given_up(NOON)
    happens(customer, "1", NOON + 5 * DAY)
    tried_until_given_up(NOON + 5 * DAY)
    assert (is_active(), of(customer).count(), of(twin).count()) == (False, 1, 0)
    remove_endpoint(WebhookEndpoint.objects.get())
    assert of(customer).get().resolved_at is not None
    assert Delivery.objects.for_client(twin).count() == 0


def test_what_was_missed_is_posted_in_order_when_it_is_replayed(customer, make_client, endpoint, receiver):  # noqa: F811
    twin = make_client("Twin")
    set_endpoint(twin, f"{receiver.url}/twin")
    for url, client in ((receiver.url, customer), (f"{receiver.url}/twin", twin)):
        set_endpoint(client, url, is_active=False)
        for number in range(5):
            happens(client, str(number), NOON + number * DAY)
        set_endpoint(client, url)
    assert (deliver_due(at=NOON + 5 * DAY), receiver.got) == (0, [])
    for row in missed(customer):
        assert row.answer == "the endpoint is switched off"
        replay(row, NOON + 5 * DAY)
    assert deliver_due(at=NOON + 5 * DAY) == 5
    opened = [document["data"]["opened_at"] for document in receiver.documents()]
    assert opened == [(NOON + number * DAY).isoformat() for number in range(5)]
    assert {path for path, *_ in receiver.got} == {"/hook"}
    assert (missed(customer).count(), missed(twin).count()) == (0, 5)


def test_a_replay_bears_the_same_id_and_is_tried_anew(customer, make_client, endpoint, receiver):  # noqa: F811
    happens(customer, "1", NOON)
    [row] = log_of(customer)
    replay(row, NOON + DAY)
    with pytest.raises(NotReplayed, match="still to be posted"):
        replay(row, NOON + DAY)
    receiver.answers = [500]
    assert [deliver_due(at=NOON + DAY), deliver_due(at=NOON + DAY + PAUSES[0])] == [0, 1]
    assert [is_signed(request, endpoint.told) for request in receiver.got] == [True] * 3
    assert len({document["id"] for document in receiver.documents()}) == 1
    [row] = log_of(customer)
    assert (row.state, row.attempts, row.delivered_at) == ("delivered", 2, NOON + DAY + PAUSES[0])
    assert list(log_of(make_client("Twin"))) == []
    assert list(missed(customer)) == []


def test_what_went_by_e_mail_is_not_replayed(customer, endpoint, receiver):  # noqa: F811
    happens(customer, "1", NOON)
    [row] = log_of(customer)
    row.endpoint = None
    with pytest.raises(NotReplayed, match="it went by e-mail"):
        replay(row, NOON)
