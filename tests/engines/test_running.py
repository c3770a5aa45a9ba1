from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import Activity, MessageTemplate, Sequence
from engines import running
from engines.texts.templates import name_of
from tests.engines.guarded import client_of, mailbox, planned, reachable

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def acme(make_client):
    return client_of(make_client)


@pytest.fixture
def box(acme):
    return mailbox(acme, display_name="Ann")


@pytest.fixture
def jo(acme):
    return reachable(acme, company_name="Hill & Co", extra={"postal_address": "2 Low St", "city": "Perth"})


def template(client, channel="email", touch=1, variant="a", **fields):
    values = {"subject": "Hi {{ first_name }}", "body": "Hi {{ first_name }} of {{ company_name }}", **fields}
    return MessageTemplate.objects.create(client=client, channel=channel, touch_number=touch, variant=variant, **values)


def on_plan(lead, box, *ages, channel="email", gaps=None, **fields):
    """A plan whose touches were planned for so many days ago."""
    plan = Sequence.objects.create(client=lead.client, lead=lead, gaps=gaps or [])
    values = {"state": "planned", "subject": "", "body": "", "due_at": None, "plan": "email", **fields}
    return [
        planned(
            lead, box, channel=channel, sequence=plan, touch_number=number, scheduled_at=now() - age * DAY, **values
        )
        for number, age in enumerate(ages, start=1)
    ]


def send(touch, ago):
    Activity.objects.for_client(touch.client).filter(pk=touch.pk).update(state="sent", sent_at=now() - ago * DAY)


def states(*touches):
    for touch in touches:
        touch.refresh_from_db()
    return [touch.state for touch in touches]


def test_a_due_touch_gets_its_text_and_is_queued(acme, box, jo):
    made = template(acme)
    [touch, following] = on_plan(jo, box, 1, -1)
    assert running.queue_due() == 1
    assert states(touch, following) == ["queued", "planned"]
    assert (touch.subject, touch.body) == ("Hi Jo", "Hi Jo of Hill & Co")
    assert (touch.template_id, touch.due_at) == (name_of(made), touch.scheduled_at)
    assert touch.metadata == {"variant": "a", "variant_reason": "the only variant", "variant_propensity": 1.0}
    assert running.queue_due() == 0


def test_templates_of_another_client_are_not_its_own(acme, box, jo, make_client):
    template(client_of(make_client, name="Other"))
    template(acme, touch=2)
    template(acme, channel="sms", subject="")
    template(acme, variant="b", is_active=False)
    [touch] = on_plan(jo, box, 1)
    assert running.queue_due() == 0
    assert states(touch) == ["held"]
    assert touch.reason_code == "needs_content"
    assert touch.reason == "needs content: body: no template is active for touch 1 by email"
    assert touch.due_at is None


def test_a_touch_without_a_value_is_held_by_name_and_goes_on_with_a_default(acme, box, jo):
    made = template(acme, body="Hi {{ industry }}")
    [touch] = on_plan(jo, box, 1)
    assert running.queue_due() == 0
    assert states(touch) == ["held"]
    assert touch.reason == "needs content: body: industry is empty for this lead, and has no | default('...')"
    MessageTemplate.objects.for_client(acme).filter(pk=made.pk).update(body="Hi {{ industry | default('all') }}")
    assert running.queue_written(acme, "email", 1) == 1
    assert states(touch) == ["queued"]
    assert touch.body == "Hi all"


def test_what_a_lead_says_is_never_written_into_a_reason(acme, box, jo):
    template(acme, body="{{ extra.city }}")
    jo.extra = {"city": "{{ secret }}"}
    jo.save()
    [touch] = on_plan(jo, box, 1)
    running.queue_due()
    assert states(touch) == ["held"]
    assert touch.reason == "needs content: body: extra.city holds what could be taken for a placeholder ({{ {% {#)"


def test_a_text_that_is_there_is_kept(acme, box, jo):
    template(acme)
    [touch] = on_plan(jo, box, 1, subject="Own", body="Own text")
    assert running.queue_due() == 1
    assert states(touch) == ["queued"]
    assert (touch.body, touch.template_id) == ("Own text", "")


def test_a_call_may_do_without_a_script_and_an_invitation_without_a_note(acme, box, jo):
    [call] = on_plan(jo, None, 1, channel="voice")
    [invitation] = on_plan(jo, None, 1, channel="linkedin", message_type="connection_request")
    [message] = on_plan(jo, None, 1, channel="linkedin")
    assert running.queue_due() == 2
    assert states(call, invitation, message) == ["queued", "queued", "held"]


def test_a_touch_without_a_sender_gets_one_when_its_time_comes(acme, jo):
    template(acme)
    [touch] = on_plan(jo, None, 1)
    box = mailbox(acme)
    assert running.queue_due() == 1
    assert states(touch) == ["queued"]
    assert touch.sender_id == box.pk


def test_a_touch_that_was_held_for_want_of_a_sender_goes_on_with_one(acme, jo, make_client):
    waiting = {"state": "held", "reason_code": "no_sender", "subject": "Hi", "body": "Hi Jo", "due_at": now() + DAY}
    [touch] = on_plan(jo, None, 1, **waiting)
    other = client_of(make_client, name="Other")
    [theirs] = on_plan(reachable(other), None, 1, **waiting)
    assert running.queue_due() == 0
    paused = mailbox(acme, address="b@acme.example", paused_at=now())
    assert running.queue_due() == 0
    box = mailbox(acme)
    assert running.queue_due(client=other) == 0
    assert running.queue_due() == 1
    assert states(touch, theirs) == ["queued", "held"]
    assert (touch.sender_id, touch.body, touch.reason_code) == (box.pk, "Hi Jo", "")
    assert paused.pk != box.pk
    assert running.queue_due() == 0


def test_what_is_of_no_plan_or_not_planned_is_left_alone(acme, box, jo):
    template(acme)
    single = planned(jo, box, state="planned", scheduled_at=now() - DAY, due_at=None)
    [held] = on_plan(jo, box, 1, state="held", reason_code="needs_content")
    [early] = on_plan(jo, box, -1)
    assert running.queue_due() == 0
    assert states(single, held, early) == ["planned", "held", "planned"]


@pytest.mark.parametrize("state", ["planned", "queued", "claimed", "dispatching", "unknown", "held"])
def test_a_touch_waits_while_the_one_before_it_is_open(acme, box, jo, state):
    template(acme, touch=2)
    first, second = on_plan(jo, box, 9, 7)
    Activity.objects.for_client(acme).filter(pk=first.pk).update(
        state=state, scheduled_at=now() + DAY, reason_code="needs_content"
    )
    assert running.queue_due() == 0
    assert states(second) == ["planned"]


@pytest.mark.parametrize("state", ["cancelled", "failed"])
def test_a_touch_does_not_wait_for_one_that_ended(acme, box, jo, state):
    template(acme, touch=2)
    first, second = on_plan(jo, box, 9, 7)
    Activity.objects.for_client(acme).filter(pk=first.pk).update(state=state)
    assert running.queue_due() == 1
    assert states(second) == ["queued"]


def test_a_message_that_waits_for_its_invitation_holds_nothing_up(acme, box, jo):
    template(acme, touch=2)
    first, second = on_plan(jo, box, 9, 7)
    Activity.objects.for_client(acme).filter(pk=first.pk).update(state="held", reason_code="not_connected")
    assert running.queue_due() == 1
    assert states(second) == ["queued"]


def test_touches_of_other_plans_hold_nothing_up(acme, box, jo):
    template(acme)
    template(acme, touch=2)
    on_plan(jo, box, -5)
    first, second = on_plan(jo, box, 9, 7, gaps=[2])
    send(first, 9)
    assert running.queue_due() == 1
    assert states(second) == ["queued"]


def test_after_an_outage_no_two_go_out_back_to_back(acme, box, jo):
    for number in (1, 2, 3):
        template(acme, touch=number)
    first, second, third = on_plan(jo, box, 20, 17, 10, gaps=[3, 7])
    assert running.queue_due() == 1  # the first alone
    send(first, 0)
    assert running.queue_due() == 0
    assert states(second, third) == ["planned", "planned"]
    assert 2.5 * DAY < second.scheduled_at - now() < 9 * DAY
    assert third.scheduled_at < now()  # moved when its turn comes
    moved = second.scheduled_at
    assert running.queue_due() == 0
    second.refresh_from_db()
    assert second.scheduled_at == moved  # once
    Activity.objects.for_client(acme).filter(pk=first.pk).update(sent_at=now() - 4 * DAY)
    Activity.objects.for_client(acme).filter(pk=second.pk).update(scheduled_at=now() - DAY / 24)
    assert running.queue_due() == 1
    assert states(second) == ["queued"]


def test_a_limit_takes_the_longest_due_first(acme, box):
    template(acme)
    touches = [on_plan(reachable(acme, external_id=f"L-{age}", company_name="X"), box, age)[0] for age in (1, 3, 2)]
    assert running.queue_due(2) == 2
    assert states(*touches) == ["planned", "queued", "queued"]


def test_many_are_queued_in_few_statements(acme, box, monkeypatch, django_assert_max_num_queries):
    template(acme)
    template(acme, variant="b")
    for number in range(30):
        on_plan(reachable(acme, external_id=f"L-{number}", company_name="X"), box, 1)
    with django_assert_max_num_queries(12):
        assert running.queue_due() == 30
    bodies = {touch.metadata["variant"] for touch in Activity.objects.for_client(acme)}
    assert bodies == {"a", "b"}
    monkeypatch.setattr(running, "BATCH", 4)
    Activity.objects.for_client(acme).update(state="planned", body="")
    assert running.queue_due(10) == 10


def test_stop_cancels_what_is_not_on_its_way(acme, box, jo, make_client):
    other = client_of(make_client, name="Other")
    theirs = on_plan(reachable(other), mailbox(other), 1)
    touches = on_plan(jo, box, 6, 5, 4, 3, 2, 1)
    for touch, state in zip(touches, ["queued", "held", "claimed", "dispatching", "sent", "planned"], strict=True):
        columns = {"state": state, "sent_at": now() if state == "sent" else None}
        Activity.objects.for_client(acme).filter(pk=touch.pk).update(**columns)
    [repeated] = on_plan(jo, box, 1, state="queued", dispatched_at=now())
    assert running.stop(acme.pk, jo.pk, "replied", "the lead replied") == 4
    assert states(*touches) == ["cancelled", "cancelled", "cancelled", "dispatching", "sent", "cancelled"]
    assert states(repeated, *theirs) == ["queued", "planned"]
    assert (touches[0].reason_code, touches[0].reason, touches[0].due_at) == ("replied", "the lead replied", None)
    assert running.stop(acme.pk, jo.pk, "replied", "the lead replied") == 0
    assert running.stop(other.pk, jo.pk, "replied", "the lead replied") == 0  # not its lead


def test_postpone_moves_the_next_and_those_after_it_alike(acme, box, jo, make_client):
    other = client_of(make_client, name="Other")
    [theirs] = on_plan(reachable(other), mailbox(other), -1)
    first, second, third = on_plan(jo, box, 3, -1, -5)
    send(first, 3)
    before = [second.scheduled_at, third.scheduled_at]
    until = now() + 8 * DAY
    assert running.postpone(acme.pk, jo.pk, until, "out of office") == 2
    assert states(second, third) == ["planned", "planned"]
    assert until <= second.scheduled_at < until + 5 * DAY
    shifts = [touch.scheduled_at - moment for touch, moment in zip((second, third), before, strict=True)]
    assert all(timedelta(days=6) < shift < timedelta(days=14) for shift in shifts)
    assert (second.reason_code, second.reason) == ("postponed", "out of office")
    assert running.postpone(acme.pk, jo.pk, until, "out of office") == 0
    assert running.postpone(acme.pk, jo.pk, now() - DAY, "out of office") == 0
    theirs.refresh_from_db()
    assert theirs.reason == ""
    with pytest.raises(ValueError, match="no offset"):
        running.postpone(acme.pk, jo.pk, until.replace(tzinfo=None), "")


def test_postpone_moves_what_is_queued_or_held_too(acme, box, jo):
    queued, held, waiting = on_plan(jo, box, 1, 0, 30)
    for touch, columns in (
        (queued, {"state": "queued", "due_at": now()}),
        (held, {"state": "held", "reason_code": "needs_content", "reason": "needs content"}),
        (waiting, {"state": "held", "reason_code": "not_connected"}),
    ):
        Activity.objects.for_client(acme).filter(pk=touch.pk).update(**columns)
    until = now() + 3 * DAY
    assert running.postpone(acme.pk, jo.pk, until, "out of office") == 2
    assert states(queued, held, waiting) == ["queued", "held", "held"]
    assert queued.due_at == queued.scheduled_at >= until
    assert held.due_at is None
    assert held.scheduled_at >= until
    assert held.reason == "needs content"
    assert waiting.scheduled_at < now()


def test_without_touches_there_is_nothing_to_postpone(acme, jo):
    assert running.postpone(acme.pk, jo.pk, now() + DAY, "out of office") == 0


def test_nothing_is_written_where_nothing_is_due(acme, box, jo, django_assert_num_queries):
    on_plan(jo, box, -1)
    with django_assert_num_queries(5):  # the clock and the look, a savepoint around them, and who waits for a sender
        running.queue_due()
