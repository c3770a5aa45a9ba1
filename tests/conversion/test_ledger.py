"""What is due of the flows: once for each moment, whoever asks and however late."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from conversion import ledger
from conversion.models import FlowPeriod
from conversion.vocabulary import Flow, RunState

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)
SUNDAY = datetime(2026, 3, 8, 2, tzinfo=UTC)
MIGRATION = import_module("conversion.migrations.0007_ledger")


def opened(at):
    return [(period.flow, period.period, period.state) for period in ledger.open_due(at)]


def test_a_moment_opens_one_run_however_often_it_is_looked_for(schedule):
    assert opened(SUNDAY - timedelta(seconds=1)) == []
    assert opened(SUNDAY) == [(Flow.LEARNING, SUNDAY, RunState.QUEUED)]
    assert opened(SUNDAY) == opened(SUNDAY + timedelta(minutes=1)) == opened(SUNDAY + timedelta(days=6)) == []
    assert opened(SUNDAY + timedelta(days=7)) == [(Flow.LEARNING, SUNDAY + timedelta(days=7), RunState.QUEUED)]


def test_of_what_an_outage_missed_the_latest_is_caught_up(schedule):
    opened(SUNDAY)
    month = SUNDAY + timedelta(weeks=4)
    assert opened(month + timedelta(days=2)) == [(Flow.LEARNING, month, RunState.QUEUED)]
    assert FlowPeriod.objects.count() == 2


def test_what_was_due_before_the_installation_is_not_caught_up(schedule):
    assert opened(FRIDAY + timedelta(hours=1)) == []
    schedule.start_time = SUNDAY
    schedule.save()
    assert len(opened(SUNDAY)) == 1  # the first moment itself counts


def test_a_flow_that_is_off_does_not_run_and_is_not_caught_up(schedule):
    PeriodicTask.objects.update(enabled=False)
    assert opened(SUNDAY) == [(Flow.LEARNING, SUNDAY, RunState.SKIPPED)]
    PeriodicTask.objects.update(enabled=True)
    assert opened(SUNDAY + timedelta(days=3)) == []
    assert opened(SUNDAY + timedelta(days=7))[0][2] == RunState.QUEUED


def test_an_operators_schedule_counts(schedule):
    schedule.crontab = CrontabSchedule.objects.create(
        minute="30", hour="4", day_of_week="1,4", timezone="Europe/Berlin"
    )
    schedule.save()
    monday = datetime(2026, 3, 9, 4, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert opened(SUNDAY + timedelta(days=2)) == [(Flow.LEARNING, monday, RunState.QUEUED)]


def test_an_earlier_moment_of_a_new_schedule_is_not_opened_after_a_later_one(schedule):
    opened(SUNDAY)
    schedule.crontab = CrontabSchedule.objects.create(minute="0", hour="3", day_of_week="6", timezone="UTC")
    schedule.save()
    assert opened(SUNDAY + timedelta(days=1)) == []


def test_a_schedule_without_a_crontab_is_never_due(schedule, caplog):
    every = IntervalSchedule.objects.create(every=1, period="hours")
    PeriodicTask.objects.update(crontab=None, interval=every)
    assert opened(SUNDAY) == []
    assert "has no crontab" in caplog.text


def test_a_schedule_that_cannot_be_read_stops_no_other(schedule, caplog):
    broken = CrontabSchedule.objects.create(minute="x", hour="1")
    health = PeriodicTask(name=Flow.HEALTH, task=Flow.HEALTH, crontab=broken)
    PeriodicTask.objects.bulk_create([health])  # no form would take it
    assert [flow for flow, *_ in opened(SUNDAY)] == [Flow.LEARNING]
    assert "cannot be read" in caplog.text


def test_schedules_are_made_once_and_what_operators_changed_stays(schedule):
    schedule.enabled = False
    schedule.save()
    PeriodicTask.objects.get(name="poll").delete()
    MIGRATION.schedules(apps, None)
    rows = dict(PeriodicTask.objects.values_list("name", "enabled"))
    assert rows == {Flow.LEARNING: False, Flow.HEALTH: True, "poll": True, "send_due": True}
    learning, health = (PeriodicTask.objects.get(name=name).crontab for name in (Flow.LEARNING, Flow.HEALTH))
    assert (learning.minute, learning.hour, learning.day_of_week) == ("0", "2", "0")
    assert (health.minute, health.hour, health.day_of_week) == ("0", "6", "*")


def test_the_settings_name_no_schedule_that_would_overwrite_the_rows(settings):
    assert not getattr(settings, "CELERY_BEAT_SCHEDULE", None)
    assert settings.CELERY_BEAT_SCHEDULER.endswith("DatabaseScheduler")


def test_a_run_that_is_asked_for_stands_beside_the_schedule(schedule, customer):
    asked = ledger.ask(Flow.LEARNING, SUNDAY + timedelta(hours=5), [customer.pk])
    assert (asked.state, asked.is_asked, asked.scope) == (RunState.QUEUED, True, {"clients": [str(customer.pk)]})
    assert len(opened(SUNDAY + timedelta(hours=6))) == 1


CASES = [
    # every minute, over an hour of outage: the latest
    ({"minute": "*"}, "2026-03-08T02:00:30+00:00", "2026-03-08T03:10:59+00:00", "2026-03-08T03:10:00+00:00"),
    # months without a 31st
    ({"minute": "0", "hour": "0", "day_of_month": "31"}, "2026-02-01T00:00:00+00:00", "2026-04-30T00:00:00+00:00",
     "2026-03-31T00:00:00+00:00"),
    # leap days
    ({"minute": "0", "hour": "0", "day_of_month": "29", "month_of_year": "2"}, "2024-01-01T00:00:00+00:00",
     "2027-12-31T00:00:00+00:00", "2024-02-29T00:00:00+00:00"),
    # 02:30 does not exist in Berlin on 29 March 2026, and comes twice on 25 October
    ({"minute": "30", "hour": "2", "timezone": "Europe/Berlin"}, "2026-03-28T12:00:00+00:00",
     "2026-03-29T12:00:00+00:00", "2026-03-29T01:30:00+00:00"),
    ({"minute": "30", "hour": "2", "timezone": "Europe/Berlin"}, "2026-10-24T12:00:00+00:00",
     "2026-10-25T12:00:00+00:00", "2026-10-25T00:30:00+00:00"),
]  # fmt: skip


@pytest.mark.parametrize(("crontab", "since", "at", "wanted"), CASES)
def test_the_last_moment_of_a_crontab(crontab, since, at, wanted):
    row = PeriodicTask(
        name="x", task=Flow.LEARNING, crontab=CrontabSchedule(**crontab), start_time=datetime.fromisoformat(since)
    )
    assert ledger.last_due(row, datetime.fromisoformat(at)) == datetime.fromisoformat(wanted)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "America/New_York"])
def test_a_year_of_nights_has_as_many_moments_as_days(zone):
    """Also through the nights in which the clocks change."""
    schedule = CrontabSchedule(minute="15", hour="2", timezone=ZoneInfo(zone)).schedule
    start = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert len(ledger.between(schedule, start, start + timedelta(days=365))) == 365
