from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import Activity
from conversion.tenancy import across_clients
from engines.outbox.claims import claim
from engines.outbox.dispatching import dispatch
from engines.outbox.limits import LOSSES
from engines.outbox.record import record
from engines.outbox.settling import NotUnknownError, confirm, settle
from engines.outbox.sweep import Swept, sweep
from engines.providers.contract import Absent, Accepted, Deferred, Refused
from patterns.models import HealthAlert
from tests.engines.outbox.conftest import expire, states

pytestmark = pytest.mark.django_db


def in_flight(limits, count=1):
    """Touches whose intent is committed and whose worker vanishes."""
    return [dispatch(one, limits) for one in claim(count, limits)]


def test_an_idle_sweep_changes_nothing(queued, provider, limits):
    queued()
    assert sweep(limits) == Swept()
    assert states() == {"queued": 1}


def test_a_claim_that_was_never_dispatched_goes_back(queued, provider, limits):
    queued(2)
    claim(2, limits)
    assert sweep(limits) == Swept()  # its lease still holds
    expire()
    assert sweep(limits) == Swept(returned=2)
    assert states() == {"queued": 2}


def test_a_touch_that_brings_its_workers_down_is_held(queued, provider, limits):
    [touch] = queued()
    for _ in range(LOSSES):
        claim(1, limits)
        expire()
        sweep(limits)
    touch.refresh_from_db()
    assert (touch.state, touch.reason_code, touch.attempts) == ("held", "lost", LOSSES)


def test_a_send_without_an_answer_is_unknown_and_never_sent_again(queued, provider, limits):
    touches = queued(3)
    in_flight(limits, 3)
    assert sweep(limits) == Swept()
    expire()
    assert sweep(limits) == Swept(unknown=3)
    assert sweep(limits) == Swept()
    assert claim(10, limits) == []
    [alert] = HealthAlert.objects.for_client(touches[0].client)
    assert alert.message.startswith("3 messages may or may not have been sent")


def test_it_is_sent_again_where_the_provider_knows_its_key(queued, provider, limits):
    provider.honours_key_for = timedelta(hours=24)
    [touch] = queued()
    [ready] = in_flight(limits)
    expire()
    assert sweep(limits) == Swept(repeated=1)
    [again] = in_flight(limits)
    assert (again.is_repeat, again.outgoing.key, again.dispatched_at) == (True, str(touch.pk), ready.dispatched_at)


@pytest.mark.parametrize(
    ("found", "expected", "state"),
    [
        (Accepted("m-9"), Swept(sent=1), "sent"),
        (Absent(), Swept(absent=1), "queued"),
        (None, Swept(unknown=1), "unknown"),
    ],
)
def test_the_provider_is_asked_what_became_of_it(queued, provider, limits, found, expected, state):
    [touch] = queued()
    in_flight(limits)
    provider.known = {str(touch.pk): found}
    expire()
    assert sweep(limits) == expected
    assert states() == {state: 1}


def test_an_unknown_send_is_asked_about_again_later(queued, provider, limits):
    [touch] = queued()
    in_flight(limits)
    expire()
    sweep(limits)
    sweep(limits)
    touch.refresh_from_db()
    assert touch.claimed_until > now() + timedelta(seconds=50)
    provider.known = {str(touch.pk): Accepted("m-9")}
    expire()
    assert sweep(limits) == Swept(sent=1)
    touch.lead.refresh_from_db()
    assert (states(), touch.lead.touch_count) == ({"sent": 1}, 1)
    assert HealthAlert.objects.for_client(touch.client).get().resolved_at is not None


def test_a_late_answer_settles_an_unknown_send(queued, provider, limits):
    """A worker that was stopped for two leases goes on."""
    queued(3)
    readies = in_flight(limits, 3)
    expire()
    sweep(limits)
    assert states() == {"unknown": 3}
    for ready, answer in zip(readies, [Accepted("m-1"), Refused("550"), Deferred("429")], strict=True):
        record(ready, answer, limits)
    assert states() == {"failed": 1, "queued": 1, "sent": 1}


def test_a_recorded_answer_stays(queued, provider, limits):
    [touch] = queued()
    [ready] = in_flight(limits)
    record(ready, Accepted("m-1"), limits)
    for late in (Refused("550"), Deferred("429"), Accepted("m-2")):
        record(ready, late, limits)
    touch.refresh_from_db()
    touch.lead.refresh_from_db()
    assert (touch.state, touch.provider_message_id, touch.lead.touch_count) == ("sent", "m-1", 1)


def test_planned_and_held_touches_ripen(queued, provider, limits):
    queued(state="planned")
    queued(state="held", reason="it was night")
    queued(state="held", due_at=None)
    queued(state="planned", due_at=now() + timedelta(hours=1))
    assert sweep(limits) == Swept(ripened=2)
    assert states() == {"held": 1, "planned": 1, "queued": 2}


def test_a_person_settles(queued, provider, limits):
    queued(2)
    in_flight(limits, 2)
    expire()
    sweep(limits)
    with across_clients("operations"):
        first, second = Activity.objects.all()
    assert settle(first, sent=True, message_id="m-3").state == "sent"
    assert settle(second, sent=False).state == "failed"
    first.lead.refresh_from_db()
    second.lead.refresh_from_db()
    assert (first.lead.touch_count, second.lead.touch_count) == (1, 0)
    assert HealthAlert.objects.for_client(first.client).get().resolved_at is not None
    with pytest.raises(NotUnknownError, match="sent, not unknown"):
        settle(first, sent=False)


def test_word_from_the_provider_counts_once_and_only_of_what_left(queued, provider, limits):
    [touch] = queued()
    assert confirm(touch, "m-1") is False
    in_flight(limits)
    assert [confirm(touch, "m-1") for _ in range(3)] == [True, False, False]
    touch.refresh_from_db()
    touch.lead.refresh_from_db()
    assert (touch.state, touch.lead.touch_count) == ("sent", 1)
