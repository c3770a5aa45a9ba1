"""The daily look warns of what is wrong, of nothing else, and its alerts resolve when the cause is gone."""

from datetime import timedelta

import pytest

from conversion.models import Client
from patterns import health
from patterns.health import check, health_flow
from patterns.models import HealthAlert, LearningRun
from tests.factories import lead
from tests.patterns.stored import AT, WEIGHTS, finding, keep, when, who

pytestmark = pytest.mark.django_db
FRESH = timedelta(days=13)


@pytest.fixture
def learned(customer):
    """The client, for whom all is well."""
    return well(customer)


def well(client):
    Client.objects.filter(pk=client.pk).update(created_at=AT - timedelta(days=30))
    client.refresh_from_db()
    for kind in ("who", "what", "when", "how"):
        keep(client, kind, valid_until=AT + FRESH)
    run(client)
    return client


def run(client, state="done", days=1, **fields):
    moment = AT - timedelta(days=days)
    return LearningRun.objects.create(client=client, as_of=moment, state=state, finished_at=moment, **fields)


def found(client, at=AT):
    return [(one.code, one.pattern_type, one.subject, one.severity.value) for one in check(client, at)]


def change(client, kind, **columns):
    client.patterns.filter(pattern_type=kind).update(**columns)


def test_nothing_is_wrong_where_all_is_well(learned):
    assert found(learned) == []


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=3, seconds=1), []),
        (timedelta(days=3), [("expiring_soon", "what", "", "medium")]),
        (timedelta(seconds=1), [("expiring_soon", "what", "", "medium")]),
        (timedelta(0), [("expired", "what", "", "high")]),
        (timedelta(days=-40), [("expired", "what", "", "high")]),
    ],
)
def test_expiry(learned, left, expected):
    change(learned, "what", computed_at=AT - timedelta(days=60), valid_until=AT + left)
    assert found(learned) == expected


def test_a_small_sample(learned):
    change(learned, "when", sample_size=30)
    assert found(learned) == []
    change(learned, "when", sample_size=29)
    assert found(learned) == [("low_sample", "when", "", "medium")]
    assert "29 touches" in check(learned, AT)[0].message


def test_low_confidence_only_where_something_is_supported(learned):
    change(learned, "when", confidence=0.49)
    assert found(learned) == [("low_confidence", "when", "", "medium")]
    change(learned, "when", patterns={"best_days": [finding(status="suggestive", day_index=1)]}, confidence=0.0)
    assert found(learned) == []
    plain = {"title_rankings": [], "recommended_weights": WEIGHTS, "weights_evidence": {"promoted": True}}
    change(learned, "who", patterns=plain, confidence=0.2)
    assert found(learned) == [("low_confidence", "who", "", "medium")]
    change(learned, "who", patterns=plain | {"weights_evidence": {"promoted": False}})
    assert found(learned) == []


def test_extreme_weights(learned):
    weights = {"data_quality": 0.45, "authority": 0.46, "company_fit": 0.08, "timing": 0.07}
    change(learned, "who", patterns=who(recommended_weights=weights))
    assert found(learned) == [
        ("extreme_weight", "who", "authority", "high"),
        ("extreme_weight", "who", "timing", "medium"),
    ]


@pytest.mark.parametrize(
    "weights", [None, "much", {}, {"authority": "0.9"}, {"authority": float("inf")}, {"timing": None}, [0.9]]
)
def test_weights_that_are_none_are_no_warning_here(learned, weights):
    row = learned.patterns.get(pattern_type="who")
    row.patterns = who(recommended_weights=weights)
    assert list(health.extreme(row)) == []


def test_a_missing_pattern_from_ten_conversions_on(learned):
    learned.patterns.filter(pattern_type__in=["what", "how"]).delete()
    for _ in range(9):
        lead(learned, status="converted")
    lead(learned, status="converted", deleted_at=AT)
    assert found(learned) == []
    lead(learned, status="converted")
    assert found(learned) == [("missing_pattern", "what", "", "medium"), ("missing_pattern", "how", "", "medium")]


def test_a_run_that_was_missed(learned):
    mine = LearningRun.objects.for_client(learned)
    mine.update(as_of=AT - timedelta(days=8))
    assert found(learned) == []
    mine.update(as_of=AT - timedelta(days=8, seconds=1))
    assert found(learned) == [("missed_run", "", "", "medium")]
    mine.delete()
    assert found(learned) == [("missed_run", "", "", "medium")]
    Client.objects.filter(pk=learned.pk).update(created_at=AT - timedelta(days=2))
    learned.refresh_from_db()
    assert found(learned) == []


def test_learning_that_failed_and_then_did_not(learned):
    run(learned, "failed", days=0.5, error="ValueError: jo@example.com is in the way")
    [cause] = check(learned, AT)
    assert (cause.code, cause.severity) == ("learning_failed", "medium")
    assert "(ValueError)" in cause.message
    assert "jo@example.com" not in cause.message
    run(learned, "held", days=0.4, error="The process vanished.")
    assert found(learned) == [("learning_failed", "", "", "high")]
    run(learned, days=0.1)
    assert found(learned) == []


def test_a_turned_finding_and_a_fall_that_learning_found(learned):
    change(learned, "when", comparison={"withheld": ["Monday"], "turned": []})
    HealthAlert.objects.create(
        client=learned, code="drift", subject="booking rate", severity="medium", message="Bookings fell: 3 from 900."
    )
    assert found(learned) == [("drift", "when", "Monday", "high"), ("drift", "", "booking rate", "medium")]
    health_flow(AT)
    assert set(HealthAlert.objects.for_client(learned).values_list("subject", "resolved_at")) == {
        ("Monday", None),
        ("booking rate", None),
    }
    change(learned, "when", comparison={"withheld": [], "turned": []})
    health_flow(AT)
    assert HealthAlert.objects.for_client(learned).get(subject="Monday").resolved_at == AT


def test_the_gravest_comes_first(learned):
    change(learned, "who", sample_size=3)
    change(learned, "how", computed_at=AT - timedelta(days=30), valid_until=AT)
    assert [code for code, *_ in found(learned)] == ["expired", "low_sample"]


def test_the_flow_opens_once_and_resolves(learned, make_client):
    twin = well(make_client("Twin"))
    change(learned, "what", computed_at=AT - timedelta(days=30), valid_until=AT)
    for _ in range(2):
        assert health_flow(AT) == health.Summary(clients=2, warnings=1, high=1)
    [alert] = HealthAlert.objects.for_client(learned)
    assert (alert.code, alert.opened_at, alert.resolved_at) == ("expired", AT, None)
    assert HealthAlert.objects.for_client(twin).count() == 0
    change(learned, "what", valid_until=AT + FRESH)
    later = AT + timedelta(hours=1)
    assert health_flow(later).warnings == 0
    alert.refresh_from_db()
    assert alert.resolved_at == later


def test_alerts_of_other_parts_stay(learned):
    HealthAlert.objects.create(client=learned, code="circuit_open", severity="high", message="It is open.")
    health_flow(AT)
    assert HealthAlert.objects.for_client(learned).get().resolved_at is None


def test_one_client_that_breaks_stops_no_other(learned, make_client):
    twin = well(make_client("Twin"))
    change(learned, "who", patterns=[])
    change(twin, "who", sample_size=3)
    summary = health_flow(AT)
    assert (summary.failed, summary.warnings) == ((str(learned.pk),), 1)
    assert HealthAlert.objects.for_client(twin).get().code == "low_sample"


@pytest.mark.parametrize("gone", [{"is_paused": True}, {"deleted_at": AT}, {"subscription_status": "cancelled"}])
def test_of_a_client_that_is_not_learned_for_nothing_is_expected(learned, gone):
    change(learned, "who", sample_size=3)
    health_flow(AT)
    Client.objects.filter(pk=learned.pk).update(**gone)
    assert health_flow(AT) == health.Summary(0, 0, 0)
    assert HealthAlert.objects.for_client(learned).get().resolved_at == AT


def test_payload(learned):
    change(learned, "what", computed_at=AT - timedelta(days=30), valid_until=AT, patterns=when())
    assert health.payload(learned, check(learned, AT)) == {
        "client_id": str(learned.pk),
        "client": "Acme",
        "warnings": [
            {
                "type": "expired",
                "pattern": "what",
                "message": "The what pattern expired at 2026-03-02 10:00 UTC: the defaults are acted on until it is learned "
                "anew.",
                "severity": "high",
            }
        ],
        "warning_count": 1,
        "high_severity_count": 1,
    }
