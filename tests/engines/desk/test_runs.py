import pytest
from django.utils.timezone import now

from conversion.models import ImportBatch
from patterns import flows
from patterns.models import BackfillRun, LearningRun
from tests.engines.desk.browsers import desk, text

pytestmark = pytest.mark.django_db
QUERIES = 8  # session, user, memberships, clients, count, a page, imports under way; and one in the frame


def learned(client, **fields):
    at = now()
    return LearningRun.objects.create(client=client, as_of=at, started_at=at, **{"state": "done", **fields})


def test_learning_tells_versions_and_why_none(customer):
    run = learned(
        customer, finished_at=now(), results={"who": {"version": 3}, "what": {"abstained": "too few bookings"}}
    )
    words = text(desk(customer, role="viewer").get(f"/runs/{run.pk}"))
    assert "WHO: version 3 is in force" in words
    assert "WHAT: too few bookings" in words
    assert "data-progress" not in words


def test_of_an_error_its_kind_alone(customer):
    run = learned(customer, state="failed", error="ValueError: ada@example.com")
    for path in (f"/runs/{run.pk}", "/runs"):
        words = text(desk(customer).get(path))
        assert ("ValueError" in words, "ada@example.com" in words) == (True, False)


def test_progress_of_a_backfill(customer):
    run = BackfillRun.objects.create(client=customer, state="started", leads=1412, total=2000)
    browser = desk(customer, role="viewer")
    told = browser.get(f"/runs/{run.pk}/progress").json()
    assert told == {
        "state": "under way",
        "done": 1412,
        "total": 2000,
        "text": "Backfill under way: 1,412 of 2,000 leads.",
        "finished": False,
    }
    assert f'data-progress="/runs/{run.pk}/progress"' in text(browser.get(f"/runs/{run.pk}"))
    BackfillRun.objects.for_client(customer).update(state="done", leads=2000)
    assert browser.get(f"/runs/{run.pk}/progress").json()["finished"] is True


def test_a_run_over_several_clients_shows_those_of_the_caller(customer, make_client):
    twin = make_client("Twin")
    period = flows.ask([customer.pk, twin.pk])
    words = text(desk(customer).get(f"/runs/{period.pk}"))
    assert ("Acme" in words, "Twin" in words) == (True, False)
    assert desk(make_client("Third")).get(f"/runs/{period.pk}").status_code == 404


def test_an_import_by_command_has_its_page(customer):
    batch = ImportBatch.objects.create(client=customer, finished_at=now(), counts={"leads": {"rows": 12}})
    assert "leads: 12 rows" in text(desk(customer).get(f"/runs/{batch.pk}"))


def test_a_stranger_finds_none(customer, make_client):
    run, stranger = learned(customer), desk(make_client("Twin"), role="admin")
    assert [stranger.get(f"/runs/{run.pk}{end}").status_code for end in ("", "/progress")] == [404, 404]
    assert str(run.pk) not in text(stranger.get("/runs"))


@pytest.mark.parametrize("count", [1, 50])
@pytest.mark.parametrize("kind", ["learning", "backfill"])
def test_as_many_queries_for_fifty(customer, count, kind, django_assert_num_queries):
    for _ in range(count):
        learned(customer) if kind == "learning" else BackfillRun.objects.create(client=customer)
    browser = desk(customer)
    with django_assert_num_queries(QUERIES):
        browser.get(f"/runs?kind={kind}")
