import pytest
from django.utils.timezone import now

from conversion.vocabulary import Severity
from patterns.alerts import Cause, settle
from patterns.models import HealthAlert
from tests.engines.desk.browsers import desk, noted, said, text

pytestmark = pytest.mark.django_db
QUERIES = 7  # session, user, memberships, clients, count, a page, those resolved; and one in the frame


def alert(client, code="expired", severity="high", **fields):
    return HealthAlert.objects.create(client=client, code=code, severity=severity, message=f"{code} it is.", **fields)


def again(row):
    row.refresh_from_db(from_queryset=HealthAlert.objects.for_client(row.client_id))
    return row


def test_high_ones_come_first_and_lately_resolved_ones_last(customer):
    alert(customer, "low_sample", "medium")
    alert(customer, "expired", "high")
    alert(customer, "missed_run", "medium", resolved_at=now())
    words = text(desk(customer, role="viewer").get("/alerts"))
    assert words.index("expired it is.") < words.index("low_sample it is.") < words.index("Missed run")


def test_it_narrows_by_client_and_severity(customer, make_client):
    twin = make_client("Twin")
    alert(customer, "low_sample", "medium")
    alert(twin, "expired", "high")
    browser = desk(customer, twin)
    assert "expired it is." not in text(browser.get(f"/alerts?client={customer.slug}"))
    assert "low_sample it is." not in text(browser.get("/alerts?severity=high"))
    assert browser.get("/alerts?client=%00&severity=%00&page=x").status_code == 200


def test_seen_is_noted_once(customer):
    row, browser = alert(customer), desk(customer)
    for _ in range(2):
        assert browser.post(f"/alerts/{row.pk}/seen").status_code == 302
    assert again(row).seen_at is not None
    assert noted(row, "seen") == 1


def test_one_that_a_look_finds_again_is_closed_by_hand_and_comes_back(customer):
    row, browser = alert(customer), desk(customer)
    for _ in range(2):
        browser.post(f"/alerts/{row.pk}/seen", {"why": "accepted"})
    assert again(row).resolved_at is not None
    assert noted(row, "close accepted") == 1
    cause = Cause("expired", Severity.HIGH, "It expired.")
    settle({customer.pk: [cause]}, HealthAlert.objects.filter(client=customer), now())
    assert HealthAlert.objects.filter(client=customer, resolved_at=None).count() == 1


@pytest.mark.parametrize("code", ["unknown_send", "sender_paused", "circuit_open", "seat_signed_out", "webhook_off"])
def test_one_that_nothing_would_open_again_is_not(customer, code):
    row = alert(customer, code)
    answer = desk(customer).post(f"/alerts/{row.pk}/seen", {"why": "mended"}, follow=True)
    assert again(row).resolved_at is None
    assert "by its cause alone" in said(answer)[0]


def test_a_reason_that_is_no_word_closes_nothing(customer):
    row = alert(customer)
    answer = desk(customer).post(f"/alerts/{row.pk}/seen", {"why": "because"}, follow=True)
    assert again(row).resolved_at is None
    assert said(answer) == ["Say why it is closed."]


def test_it_leads_to_where_the_cause_is_mended(customer):
    alert(customer, "unknown_send")
    alert(customer, "expired", pattern_type="who")
    admin, operator = (text(desk(customer, role=role).get("/alerts")) for role in ("admin", "operator"))
    assert f"/unknown?client={customer.slug}" in operator
    assert (f"/clients/{customer.slug}/learn" in admin, f"/clients/{customer.slug}/learn" in operator) == (True, False)


def test_a_viewer_changes_nothing_and_a_stranger_finds_nothing(customer, make_client):
    row, twin = alert(customer), make_client("Twin")
    assert desk(customer, role="viewer").post(f"/alerts/{row.pk}/seen").status_code == 403
    stranger = desk(twin, role="admin")
    assert stranger.post(f"/alerts/{row.pk}/seen").status_code == 404
    assert "expired it is." not in text(stranger.get("/alerts"))
    assert again(row).seen_at is None


def test_after_it_only_the_list_is_gone_back_to(customer):
    row, browser = alert(customer), desk(customer)
    away = browser.post(f"/alerts/{row.pk}/seen", {"back": "https://elsewhere.example/"})
    home = browser.post(f"/alerts/{row.pk}/seen", {"back": "/alerts?severity=high"})
    assert (away.url, home.url) == (f"/alerts?client={customer.slug}", "/alerts?severity=high")


@pytest.mark.parametrize("count", [1, 50])
def test_as_many_queries_for_fifty(customer, count, django_assert_num_queries):
    for place in range(count):
        alert(customer, "extreme_weight", subject=str(place))
    browser = desk(customer)
    with django_assert_num_queries(QUERIES + 1):
        browser.get("/alerts")
