import pytest
from django.utils.timezone import now

from conversion.models import FlowPeriod
from engines import backfill
from patterns import flows
from patterns.models import BackfillRun, LearningRun
from tests.engines.desk.browsers import desk, noted, said, text
from tests.factories import lead

pytestmark = pytest.mark.django_db


def test_learning_is_asked_for_once(customer):
    browser = desk(customer, role="admin")
    answers = [browser.post(f"/clients/{customer.slug}/learn", follow=True) for _ in range(2)]
    period = flows.periods().get()
    assert (period.scope, period.state) == ({"clients": [str(customer.pk)]}, "queued")
    assert [answer.redirect_chain[-1][0] for answer in answers] == [f"/runs/{period.pk}"] * 2
    assert (noted(customer, "learn"), "already" in said(answers[1])[-1]) == (1, True)


def test_what_was_asked_for_is_learned(customer):
    desk(customer, role="admin").post(f"/clients/{customer.slug}/learn")
    while flows.step():
        pass
    assert LearningRun.objects.for_client(customer).get().state == "done"


def test_a_paused_client_is_not_learned_for(make_client):
    paused = make_client("Idle", is_paused=True)
    answer = desk(paused, role="admin").post(f"/clients/{paused.slug}/learn")
    assert (answer.status_code, FlowPeriod.objects.count()) == (409, 0)
    assert "is paused" in text(answer)


def test_the_page_says_how_long_the_last_one_took(customer):
    at = now()
    LearningRun.objects.create(client=customer, as_of=at, state="done", started_at=at, finished_at=at)
    assert "less than a second" in text(desk(customer, role="admin").get(f"/clients/{customer.slug}/learn"))


def test_a_backfill_is_asked_for_once_and_done(customer):
    lead(customer)
    browser, chosen = desk(customer, role="admin"), {"als": "on"}
    answers = [browser.post(f"/clients/{customer.slug}/backfill", chosen, follow=True) for _ in range(2)]
    run = BackfillRun.objects.for_client(customer).get()
    assert (run.content, run.als, run.learning) == (False, True, False)
    assert [answer.redirect_chain[-1][0] for answer in answers] == [f"/runs/{run.pk}"] * 2
    assert noted(customer, "backfill") == 1
    assert backfill.work()
    assert BackfillRun.objects.for_client(customer).get().results == {"scored": 1}


def test_a_backfill_of_nothing_is_refused(customer):
    answer = desk(customer, role="admin").post(f"/clients/{customer.slug}/backfill")
    assert (answer.status_code, BackfillRun.objects.for_client(customer).count()) == (400, 0)
    assert "at least one" in text(answer)


@pytest.mark.parametrize("what", ["learn", "backfill"])
def test_admins_alone(customer, make_client, what):
    path, given = f"/clients/{customer.slug}/{what}", {"als": "on"}
    for browser, status in ((desk(customer), 403), (desk(make_client("Twin"), role="admin"), 404)):
        assert (browser.get(path).status_code, browser.post(path, given).status_code) == (status, status)
    assert (flows.periods().count(), BackfillRun.objects.for_client(customer).count()) == (0, 0)
    assert desk(customer, role="admin").get(path).status_code == 200
