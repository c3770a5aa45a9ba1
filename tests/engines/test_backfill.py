"""Backfill fills in what rows lack, and nothing else; broken off anywhere, it goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from conversion.content import capture
from conversion.models import Activity, Lead
from conversion.places import zone_of
from conversion.snapshots import columns_of
from engines import backfill as module
from engines.backfill import backfill, start
from patterns.models import BackfillRun, LearningRun
from tests.factories import MONDAY, event, lead, touch

pytestmark = pytest.mark.django_db
BODY = "Hi Jo, companies like Acme grow revenue by 20 %. Worth a conversation?"
DERIVED = (
    *("content_snapshot", "pain_points", "cta", "angles", "subjects", "words", "chars", "template_key"),
    *("local_day", "local_hour"),
)


def jo(client, **fields):
    return lead(client, first_name="Jo", company_name="Acme", title="Founder", country="Germany", **fields)


def bare(of, days=0, **metadata):
    return touch(of, days=days, metadata={"body": BODY, "subject": "Quick question", **metadata})


def history(client, leads=5):
    """Leads without components, with two touches without a snapshot each; the last one booked."""
    rows = [jo(client, created_at=MONDAY + timedelta(hours=number)) for number in range(leads)]
    for one in rows:
        bare(one, touch_number=1)
        bare(one, days=3, touch_number=2)
    Lead.objects.for_client(client).filter(pk=rows[-1].pk).update(
        status="converted", status_at=MONDAY + timedelta(days=4)
    )
    return rows


def facts(client):
    touches = Activity.objects.for_client(client).order_by("id").values(*DERIVED, "touch_number", "led_to_booking")
    leads = (
        Lead.objects.for_client(client)
        .order_by("id")
        .values("als_score", "als_tier", "als_data_quality", "touch_count")
    )
    return list(touches), list(leads)


def quick(client, **switches):
    return backfill(client, **{"learning": False, **switches})


def test_a_snapshot_is_what_a_capture_would_have_made(customer):
    one = jo(customer)
    made = bare(one, days=1, touch_number=3, sequence_id="plan-7", body=None, message=BODY)
    quick(customer)
    made.refresh_from_db()
    snapshot, features = capture(
        BODY,
        one,
        "Quick question",
        3,
        "plan-7",
        sent_at=made.sent_at,
        lead_timezone=zone_of("", "Germany", customer.timezone),
    )
    expected = columns_of(snapshot, features)
    assert {name: getattr(made, name) for name in expected} == expected
    assert (made.touch_number, made.local_hour, made.metadata["message"]) == (3, 11, BODY)


@pytest.mark.parametrize(
    ("metadata", "number"),
    [
        ({"touch_number": 0}, 1),
        ({"touch_number": "4"}, 1),
        ({"touch_number": True}, 1),
        ({"touch_number": 99_999}, 1),
        ({}, 1),
    ],
)
def test_a_number_that_is_none_is_not_taken(customer, metadata, number):
    made = bare(jo(customer), **metadata)
    quick(customer)
    made.refresh_from_db()
    assert (made.touch_number, made.content_snapshot["touch_number"]) == (number, number)


def test_what_is_there_or_cannot_be_known_stays(customer):
    one = jo(customer)
    kept = touch(one, content_snapshot={"channel": "email", "body": "kept"}, metadata={"body": BODY})
    without = touch(one, metadata={"note": "no text"})
    odd = touch(one, metadata={"body": 7, "message": ["x"]})
    planned = touch(one, state="planned", metadata={"body": BODY})
    erased = touch(jo(customer, erased_at=MONDAY), metadata={"body": BODY})
    gone = touch(jo(customer, deleted_at=MONDAY), metadata={"body": BODY})
    outcome = quick(customer)
    assert (outcome.snapshots, outcome.unusable) == (0, 0)
    for row in (kept, without, odd, planned, erased, gone):
        row.refresh_from_db()
    assert kept.content_snapshot == {"channel": "email", "body": "kept"}
    assert [row.content_snapshot for row in (without, odd, planned, erased, gone)] == [None] * 5


def test_metadata_that_makes_no_snapshot_is_counted(customer):
    one = jo(customer)
    touch(one, metadata={"body": "x" * (1 << 20)})
    good = bare(one, subject="Re:\r\nBcc: all", body="{{ 7 * 7 }} <script>alert(1)</script>")
    outcome = quick(customer)
    assert (outcome.snapshots, outcome.unusable) == (1, 1)
    good.refresh_from_db()
    assert good.content_snapshot["subject"] == "Re: Bcc: all"
    assert good.content_snapshot["body"] == "{{ 7 * 7 }} <script>alert(1)</script>"


def test_each_channel(customer):
    one = jo(customer)
    for channel in ("sms", "linkedin", "voice", "mail"):
        touch(one, channel=channel, metadata={"message": BODY})
    assert quick(customer).snapshots == 4
    snapshots = dict(Activity.objects.for_client(customer).values_list("channel", "content_snapshot"))
    assert snapshots["voice"]["script_content"] == BODY
    assert {snapshots[channel]["body"] for channel in ("sms", "linkedin", "mail")} == {BODY}


def test_leads_that_lack_components_are_scored_and_others_stay(customer):
    one = jo(customer)
    scored = jo(customer, als_score=7, als_components={"timing": 1}, als_data_quality=0)
    assert quick(customer).scored == 1
    for row in (one, scored):
        row.refresh_from_db()
    assert (one.als_authority, one.als_components["authority"], set(one.als_weights_used)) == (
        25,
        25,
        {"data_quality", "authority", "company_fit", "timing"},
    )
    assert (scored.als_score, scored.als_components) == (7, {"timing": 1})


def test_converting_touches_are_settled(customer):
    one = jo(customer)
    touches = [bare(one, days=days) for days in (0, 2, 9)]
    event(one, "meeting_booked", days=4)
    Activity.objects.for_client(customer).update(led_to_booking=False)
    quick(customer)
    assert [Activity.objects.for_client(customer).get(pk=row.pk).led_to_booking for row in touches] == [
        False,
        True,
        False,
    ]
    one.refresh_from_db()
    assert one.touch_count == 3


@pytest.mark.parametrize("off", ["content", "als"])
def test_switches(customer, off):
    history(customer)
    outcome = quick(customer, **{off: False})
    assert (outcome.snapshots, outcome.scored) == ((0, 5) if off == "content" else (10, 0))


def test_it_learns_in_the_end_unless_told_not_to(customer):
    history(customer)
    quick(customer)
    assert LearningRun.objects.for_client(customer).count() == 0
    outcome = backfill(customer)
    assert outcome.learned.client == customer
    assert LearningRun.objects.for_client(customer).get().state == "done"


def test_twice_is_once_and_a_twin_stays(customer, make_client):
    twin = make_client("Twin")
    history(twin)
    history(customer)
    before = facts(twin)
    assert quick(customer).snapshots == 10
    after = facts(customer)
    again = quick(customer)
    assert (again.leads, again.snapshots, again.scored) == (5, 0, 0)
    assert facts(customer) == after
    assert facts(twin) == before
    assert BackfillRun.objects.for_client(twin).count() == 0


def test_a_run_that_broke_off_goes_on_where_it_was(customer, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    history(customer)

    def broken(done, _):
        if done == 4:
            raise RuntimeError("jo@example.com")

    with pytest.raises(RuntimeError):
        quick(customer, progress=broken)
    run = BackfillRun.objects.for_client(customer).get()
    assert (run.state, run.leads, run.results["snapshots"], run.error) == ("failed", 4, 8, "RuntimeError")
    seen = []
    outcome = quick(customer, progress=lambda *done: seen.append(done))
    assert (outcome.run, outcome.leads, outcome.snapshots, seen) == (run.pk, 5, 10, [(5, 5)])
    assert BackfillRun.objects.for_client(customer).get().state == "done"


def test_a_page_is_done_as_a_whole_or_not_at_all(customer, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    history(customer)

    def broken(*_):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(module.LeadSet, "settle", broken)
        with pytest.raises(RuntimeError):
            quick(customer)
    assert BackfillRun.objects.for_client(customer).get().marker is None
    assert not Activity.objects.for_client(customer).exclude(content_snapshot=None).exists()
    assert quick(customer).snapshots == 10


def test_learning_that_failed_is_all_that_is_left(customer, monkeypatch):
    history(customer)

    def broken(*_):
        raise ValueError("too odd")

    with monkeypatch.context() as patched:
        patched.setattr(module, "learn", broken)
        with pytest.raises(ValueError, match="too odd"):
            backfill(customer)
    assert backfill(customer).learned is not None
    assert BackfillRun.objects.for_client(customer).get().leads == 5


def test_other_switches_are_another_run(customer):
    first = start(customer)
    assert start(customer) == first
    assert start(customer, als=False) != first
    first.refresh_from_db()
    assert first.state == "abandoned"


def test_leads_that_come_meanwhile_are_done_too(customer, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    history(customer)

    def one_more(done, _):
        if done == 2:
            bare(jo(customer, created_at=MONDAY + timedelta(days=1)))

    assert quick(customer, progress=one_more).leads == 6


def test_a_deleted_client(customer):
    customer.deleted_at = MONDAY
    with pytest.raises(ValueError, match="is deleted"):
        backfill(customer)


@pytest.mark.postgresql  # a database in memory is not seen by another process
@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_it_goes_on(customer, tmp_path):
    """A real process, killed with SIGKILL between two pages: what it did stays, and the next run does the rest."""
    history(customer, leads=60)
    marker = tmp_path / "page"
    script = f"""
import time, django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {connection.settings_dict["NAME"]!r}
from pathlib import Path
from engines import backfill as module
from conversion.models import Client
module.PAGE = 10
def slow(done, total):
    Path({str(marker)!r}).write_text(str(done))
    time.sleep(0.5)
module.backfill(Client.objects.get(pk={str(customer.pk)!r}), learning=False, progress=slow)
"""
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "agency_os.settings"}
    with subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=Path(__file__).parents[2]) as process:  # noqa: S603
        deadline = time.monotonic() + 30
        while not marker.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    run = BackfillRun.objects.for_client(customer).get()
    assert (run.state, 10 <= run.leads < 60) == ("started", True)
    outcome = quick(customer)
    assert (outcome.run, outcome.leads, outcome.snapshots, outcome.scored) == (run.pk, 60, 120, 60)
