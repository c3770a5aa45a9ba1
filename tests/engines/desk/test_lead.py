from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import Activity, Lead, Sender, Sequence, Suppression
from engines.guard import examine
from tests.engines.desk.browsers import desk, noted, said, text
from tests.engines.guarded import HOUR, TUESDAY, mailbox, planned, reachable, sent
from tests.factories import event
from tests.journeys.walls.conftest import roles_made, taken_on

pytestmark = pytest.mark.django_db
QUERIES = 13  # who looks: 3; the lead; what waits, score, touches, events; the plan: 2; the guard: 2; the frame


@pytest.fixture
def acme(customer):
    customer.timezone, customer.postal_address = "Australia/Sydney", "1 High St, Sydney"
    customer.save()
    return customer


@pytest.fixture
def jo(acme):
    mailbox(acme)
    return reachable(acme, title="Founder")


def page(lead, role="operator", **query):
    return desk(lead.client, role=role).get(f"/leads/{lead.pk}", query)


def act(browser, lead, action):
    return browser.post(f"/leads/{lead.pk}", {"action": action}, follow=True)


def test_score_with_reasons_and_where_the_weights_come_from(jo):
    words = text(page(jo, "viewer"))
    assert "founder" in words
    assert "none yet" in words
    assert 'name="action"' not in words
    operator = desk(jo.client)
    answer = act(operator, jo, "score")
    jo.refresh_from_db()
    assert said(answer) == [f"Scored: {jo.als_score}, {jo.als_tier}."]
    assert (f"Score: {jo.als_score} of 100" in text(answer), noted(jo, "score")) == (True, 1)


def test_a_plan_is_previewed_then_made_once(jo):
    browser = desk(jo.client)
    assert "Put it on this plan" in text(browser.get(f"/leads/{jo.pk}?confirm=plan"))
    assert Sequence.objects.for_client(jo.client).count() == 0
    answers = [act(browser, jo, "plan") for _ in range(2)]
    assert (Sequence.objects.for_client(jo.client).count(), noted(jo, "plan")) == (1, 1)
    assert "on a plan already" in said(answers[1])[-1]
    plan = Sequence.objects.for_client(jo.client).get()
    assert plan.reasons[0][:40] in answers[0].content.decode().replace("&#x27;", "'")


def test_the_plan_is_stopped_once(jo):
    browser = desk(jo.client)
    act(browser, jo, "plan")
    answers = [act(browser, jo, "stop") for _ in range(2)]
    states = set(Activity.objects.for_client(jo.client).values_list("state", "reason_code"))
    assert (states, noted(jo, "stop")) == ({("cancelled", "stopped")}, 1)
    assert "Nothing was to be stopped" in said(answers[1])[-1]


def test_suppressed_by_all_its_addresses_once(jo):
    browser = desk(jo.client)
    act(browser, jo, "plan")
    for _ in range(2):
        act(browser, jo, "suppress")
    kinds = set(Suppression.objects.filter(client=jo.client).values_list("kind", flat=True))
    assert (kinds, noted(jo, "suppress")) == ({"email", "phone", "linkedin"}, 1)
    assert set(Activity.objects.for_client(jo.client).values_list("state", flat=True)) == {"cancelled"}


def test_forgotten_by_an_admin_alone(jo, make_client):
    twin = reachable(make_client("Twin"))
    assert desk(jo.client).post(f"/leads/{jo.pk}", {"action": "erase"}).status_code == 403
    assert desk(jo.client).get(f"/leads/{jo.pk}?confirm=erase").status_code == 403
    admin = desk(jo.client, role="admin")
    assert "cannot be undone" in text(admin.get(f"/leads/{jo.pk}?confirm=erase"))
    answers = [act(admin, jo, "erase") for _ in range(2)]
    jo.refresh_from_db()
    assert (jo.email, jo.first_name, jo.erased_at is not None, noted(jo, "erase")) == ("", "", True, 1)
    assert "jo@example.com" not in text(answers[1])
    assert Lead.objects.for_client(twin.client_id).get().email == "jo@example.com"


def test_why_it_was_not_sent_and_what_would_change_that(jo):
    sender = Sender.objects.for_client(jo.client).get()
    planned(jo, sender, state="held", reason_code="client_paused", reason="the client is paused")
    planned(jo, sender, state="failed", reason_code="refused", reason="no such mailbox", touch_number=2)
    words = text(page(jo))
    assert all(word in words for word in ("The client is paused.", "ends the client", "No such mailbox."))


def test_what_is_alike_is_said_once(jo):
    sender = Sender.objects.for_client(jo.client).get()
    for number in range(1, 7):
        planned(jo, sender, state="cancelled", reason_code="replied", reason="the lead replied", touch_number=number)
    planned(jo, sender, state="failed", reason_code="refused", reason="no such mailbox", touch_number=7)
    words = text(page(jo)).partition("Why was this not sent?")[2].partition("What happened")[0]
    assert (words.count("The lead replied."), words.count("What would change it")) == (1, 2)
    assert all(f"Email, touch {number}" in words for number in range(1, 8))
    assert "<h3>6 touches <span" in words


def test_each_unknown_send_is_settled_by_itself(jo):
    sender = Sender.objects.for_client(jo.client).get()
    touches = [planned(jo, sender, state="unknown", reason_code="uncertain", touch_number=one) for one in (1, 2)]
    html = page(jo).content.decode()
    assert all(f"/{touch.pk}" in html for touch in touches)
    assert html.count("Settle<span") == 2


def test_what_the_guard_would_say_is_what_it_says(jo, time_machine):
    time_machine.move_to(TUESDAY + timedelta(hours=14), tick=False)
    touch = planned(jo, Sender.objects.for_client(jo.client).get(), state="held", reason_code="x", reason="y")
    verdict = examine(touch, now())
    assert f"It would be held: {verdict.reason}." in text(page(jo))


def test_a_look_pauses_no_sender(jo):
    sender = Sender.objects.for_client(jo.client).get()
    at = now() - timedelta(days=1)
    for place in range(25):
        touch = sent(jo, sender, at + place * timedelta(minutes=1))
        event(jo, "bounced", activity=touch).__class__.objects.for_client(jo.client).update(occurred_at=now())
    planned(jo, sender, state="queued")
    page(jo)
    assert Sender.objects.for_client(jo.client).get().paused_at is None


def test_what_happened_newest_first_escaped_and_in_pages(jo):
    sender = Sender.objects.for_client(jo.client).get()
    for place in range(60):
        sent(jo, sender, TUESDAY + place * HOUR, subject=f"Letter {place:02d}", body="<script>alert(1)</script>")
    event(jo, "positive_reply", days=30, body="Yes & no")
    browser = desk(jo.client)
    answer = browser.get(f"/leads/{jo.pk}")
    words = text(answer)
    assert words.index("Yes &amp; no") < words.index("Letter 59") < words.index("Letter 58")
    assert ("<script>alert" in words, "Letter 05" in words) == (False, False)
    earlier = browser.get(f"/leads/{jo.pk}", {"before": answer.context["timeline"].earlier.isoformat()})
    found = [one.subject for one in answer.context["timeline"].moments + earlier.context["timeline"].moments]
    assert [one for one in found if one] == [f"Letter {place:02d}" for place in reversed(range(60))]
    assert earlier.context["timeline"].earlier is None
    assert browser.get(f"/leads/{jo.pk}?before=never").status_code == 200


def test_roles_and_strangers(jo, make_client):
    stranger, viewer = desk(make_client("Twin"), role="admin"), desk(jo.client, role="viewer")
    assert stranger.get(f"/leads/{jo.pk}").status_code == 404
    for action in ("score", "plan", "stop", "suppress", "erase", "", "x"):
        assert viewer.post(f"/leads/{jo.pk}", {"action": action}).status_code == 403
        assert stranger.post(f"/leads/{jo.pk}", {"action": action}).status_code == 404
    for confirm in ("plan", "stop", "suppress", "erase"):
        assert viewer.get(f"/leads/{jo.pk}?confirm={confirm}").status_code == 403
    assert Suppression.objects.count() == Activity.objects.for_client(jo.client).count() == 0


def test_what_is_not_known_does_nothing(jo):
    assert "Nothing was done" in said(act(desk(jo.client), jo, "x"))[0]


def test_a_deleted_lead_is_shown_and_left_alone(jo):
    Lead.objects.for_client(jo.client).update(deleted_at=now())
    browser = desk(jo.client)
    assert "deleted" in text(browser.get(f"/leads/{jo.pk}"))
    assert "not there any more" in said(act(browser, jo, "plan"))[0]


@pytest.mark.parametrize("count", [1, 50])
def test_as_many_queries_for_fifty(jo, count, django_assert_num_queries):
    sender = Sender.objects.for_client(jo.client).get()
    plan = Sequence.objects.create(client=jo.client, lead=jo, channels=["email"], reasons=["because"])
    for place in range(count):
        sent(jo, sender, TUESDAY + place * HOUR)
        planned(jo, sender, state="queued", sequence=plan, touch_number=place + 1)
        event(jo, "opened", days=place)
    browser = desk(jo.client)
    with django_assert_num_queries(QUERIES):
        browser.get(f"/leads/{jo.pk}")


@pytest.mark.postgresql
@pytest.mark.parametrize("action", ["score", "plan", "suppress", "erase"])
def test_the_web_s_own_role_may_do_it(jo, action):
    admin = desk(jo.client, role="admin")
    name = roles_made()[0]
    with taken_on(name):
        answer = act(admin, jo, action)
        assert answer.status_code == 200
    assert noted(jo, action) == 1
