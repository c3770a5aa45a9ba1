"""After a restore nothing goes out a second time, and nothing that cannot have gone out is held."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils.timezone import now

from conversion.models import Sign
from conversion.tenancy import across_clients
from engines.outbox import home, restored
from engines.outbox.runner import Runner
from engines.outbox.settling import confirm
from engines.providers.contract import Absent
from patterns.models import HealthAlert
from tests.engines.outbox.conftest import states

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def state(touch):
    with across_clients("operations"):
        touch.refresh_from_db()
    return touch.state


@pytest.fixture
def in_every_state(queued):
    """Touches as a backup may hold them, by name; `early` ones have not come due."""
    at = now()
    waiting = {
        "queued": {},
        "claimed": {"state": "claimed", "claimed_by": "w", "claimed_until": at - HOUR},
        "planned": {"state": "planned", "due_at": None, "scheduled_at": at - HOUR},
        "planned without a time": {"state": "planned", "due_at": None},
        "held until a time": {"state": "held", "reason_code": "daily_cap"},
        "held for a person": {"state": "held", "due_at": None, "scheduled_at": at - HOUR, "reason_code": "message"},
        "repeated": {"dispatched_at": at - HOUR, "idempotency_key": "k-1"},
        "dispatching": {
            "state": "dispatching",
            "dispatched_at": at - HOUR,
            "claimed_until": at - HOUR,
            "idempotency_key": "k-2",
        },
        "unknown": {
            "state": "unknown",
            "dispatched_at": at - HOUR,
            "claimed_until": at - HOUR,
            "idempotency_key": "k-3",
        },
        "early queued": {"due_at": at + HOUR},
        "early planned": {"state": "planned", "due_at": None, "scheduled_at": at + HOUR},
        "early held": {"state": "held", "due_at": at + HOUR},
        "cancelled": {"state": "cancelled"},
        "a letter": {"channel": "mail", "state": "planned"},
    }
    made = {}
    for name, fields in waiting.items():
        [made[name]] = queued(**fields)
    return made


def test_what_may_have_gone_out_is_unknown_and_the_rest_stays(in_every_state, provider, limits):
    provider.known = dict.fromkeys((str(one.pk) for one in in_every_state.values()), Absent())
    found = restored.after_restore()
    assert (found.due, found.in_flight) == (6, 3)
    stayed = {name: state(touch) for name, touch in in_every_state.items() if state(touch) != "unknown"}
    assert stayed == {
        "early queued": "queued",
        "early planned": "planned",
        "early held": "held",
        "cancelled": "cancelled",
        "a letter": "planned",
    }
    Runner(1, limits).run(until_idle=True)
    assert provider.sent == []
    assert sum(state(touch) == "unknown" for touch in in_every_state.values()) == 9
    with across_clients("operations"):
        [alert] = HealthAlert.objects.filter(code="unknown_send", resolved_at=None)
    assert alert.message.startswith("9 messages")


def test_a_second_run_changes_nothing(in_every_state, provider):
    restored.after_restore()
    before = states()
    assert restored.after_restore() == restored.Settled()
    assert states() == before


def test_a_database_that_moved_goes_on(in_every_state, provider):
    before = states()
    assert restored.after_restore(nothing_was_sent=True) == restored.Settled()
    assert states() == before


def test_such_a_touch_is_as_if_it_was_sent_when_it_was_due(queued, provider):
    [touch] = queued(due_at=now() - 3 * HOUR)
    due_at = touch.due_at
    restored.after_restore()
    assert state(touch) == "unknown"
    assert (touch.dispatched_at, touch.idempotency_key) == (due_at, str(touch.pk))
    assert touch.content_snapshot["subject"] == "Quick question"
    assert confirm(touch, "m-77")  # the provider's word, by a webhook
    assert (state(touch), touch.sent_at, touch.provider_message_id) == ("sent", due_at, "m-77")
    assert restored.release(touch.client, sent=False) == 0


def test_a_person_says_what_became_of_them(queued, provider, limits, capsys):
    one, other, third = queued(3)
    restored.after_restore()
    capsys.readouterr()
    call_command("release_restored", "Acme", "--list")
    listed = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in listed} == {str(touch.pk) for touch in (one, other, third)}
    call_command("release_restored", "Acme", str(one.pk), "--sent")
    assert capsys.readouterr().out == "1 touches are recorded as sent.\n"
    call_command("release_restored", "Acme", "--not-sent")
    assert capsys.readouterr().out == "2 touches wait to be sent.\n"
    Runner(1, limits).run(until_idle=True)
    assert states() == {"sent": 3}
    assert sorted(provider.sent) == sorted([str(other.pk), str(third.pk)])
    with across_clients("operations"):
        assert not HealthAlert.objects.filter(code="unknown_send", resolved_at=None).exists()


def test_one_without_a_text_goes_back_to_its_plan(queued, provider):
    [touch] = queued(state="planned", due_at=None, scheduled_at=now() - HOUR, body="", subject="")
    restored.after_restore()
    assert state(touch) == "unknown"
    assert restored.release(touch.client, sent=False) == 1
    assert (state(touch), touch.due_at, touch.dispatched_at) == ("planned", None, None)


def test_another_clients_touches_are_not_released(queued, provider, make_client, capsys):
    [touch] = queued()
    restored.after_restore()
    twin = make_client("Globex")
    assert restored.release(twin, [touch.pk], sent=False) == 0
    with pytest.raises(CommandError, match=f"no answer since a restore: {touch.pk}"):
        call_command("release_restored", "Globex", str(touch.pk), "--not-sent")
    assert state(touch) == "unknown"


def test_a_copy_sends_nothing(queued, provider, limits, monkeypatch):
    queued()
    monkeypatch.setattr(home, "here", lambda: "one place")
    home.require()
    monkeypatch.setattr(home, "here", lambda: "another place")
    with pytest.raises(home.NotAtHomeError, match="after_restore"):
        Runner(1, limits).run(until_idle=True)
    with pytest.raises(CommandError, match="restored or copied"):
        call_command("run_sender", once=True, threads=1)
    assert states() == {"queued": 1}
    call_command("after_restore", nothing_was_sent=True)
    assert Runner(1, limits).run(until_idle=True) == 1
    assert states() == {"sent": 1}
    assert Sign.objects.get(name="home").value == "another place"


def test_a_database_knows_its_place():
    assert bool(home.here()) is (connection.vendor == "postgresql")  # the tests' SQLite has no file
    home.require()
    home.require()
    assert Sign.objects.get(name="home").value == home.here()
