"""Whoever starts the server reads when the next message is due."""

from datetime import UTC, datetime, timedelta

import pytest

from engines import ahead
from engines.management.commands import run_scheduler
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db
SUNDAY = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 9, 10, tzinfo=UTC)


def test_what_is_planned_of_all_clients(customer, make_client, monkeypatch):
    assert ahead.said(SUNDAY) == "no messages planned"
    person = lead(customer)
    touch(person)
    touch(person, state="held", touch_number=2, due_at=SUNDAY + timedelta(hours=1), scheduled_at=SUNDAY)
    touch(person, state="planned", channel="voice", touch_number=3, scheduled_at=SUNDAY + timedelta(hours=1))
    assert ahead.said(SUNDAY) == "no messages planned"
    touch(person, state="planned", touch_number=4, scheduled_at=MONDAY)
    assert ahead.said(SUNDAY) == "1 message planned, the next due Monday 2026-11-23 09:10 UTC"
    other = lead(make_client("Twin"))
    for number in range(11):
        touch(other, state="planned", touch_number=number + 1, scheduled_at=MONDAY + timedelta(days=number))
    assert ahead.said(SUNDAY) == "12 messages planned, the next due Monday 2026-11-23 09:10 UTC"
    monkeypatch.setattr(ahead, "MOST", 11)
    assert ahead.said(SUNDAY) == "more than 11 messages planned, the next due Monday 2026-11-23 09:10 UTC"
    touch(other, state="queued", channel="sms", touch_number=20, due_at=SUNDAY - timedelta(minutes=1))
    assert ahead.said(SUNDAY).endswith("planned, the next due now")


def test_the_scheduler_says_it_at_the_start_and_when_something_is_planned_first(monkeypatch, capsys):
    lines = iter(
        ["no messages planned", "no messages planned", "2 messages planned", "1 message planned", "1 message planned"]
    )
    monkeypatch.setattr(ahead, "said", lambda _: next(lines))
    command = run_scheduler.Command()
    command.said, command.say_again = "", 0.0
    moments = [100.0, 160.0, 220.0, 280.0, 5000.0]
    for moment in moments:
        monkeypatch.setattr(run_scheduler.time, "monotonic", lambda moment=moment: moment)
        command.say()
    assert capsys.readouterr().out.splitlines() == ["no messages planned", "2 messages planned", "1 message planned"]
