"""One current pattern a client and type, every version in the history, all or nothing."""

from datetime import UTC, datetime, timedelta

import pytest

from conversion.vocabulary import PatternType
from patterns import store
from patterns.models import ConversionPattern, ConversionPatternHistory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
WEIGHTS = {"data_quality": 0.1, "authority": 0.4, "company_fit": 0.25, "timing": 0.1}


def payload(**fields):
    return {
        "as_of": "2026-03-01T00:00:00+00:00",
        "sample_size": 100,
        "confidence": 0.8,
        "weights_evidence": {"promoted": False},
        **fields,
    }


def keep(client, now=NOW, conversions=12, **learned):
    learned = {PatternType(kind): one for kind, one in learned.items()}
    return store.store(client, learned, algorithms=dict.fromkeys(PatternType, "x-1"), conversions=conversions, now=now)


def test_a_pattern_is_current_for_fourteen_days(customer):
    kept = keep(customer, what=payload())[PatternType.WHAT]
    assert (kept.version, kept.sample_size, kept.confidence, kept.algorithm) == (1, 100, 0.8, "x-1")
    assert kept.valid_until == NOW + timedelta(days=14)
    assert ConversionPattern.objects.for_client(customer).valid_at(NOW + timedelta(days=13)).count() == 1
    assert ConversionPattern.objects.for_client(customer).valid_at(NOW + timedelta(days=14)).count() == 0


def test_every_version_stays_in_the_history(customer):
    keep(customer, what=payload(confidence=0.1))
    later = NOW + timedelta(days=7)
    keep(customer, now=later, what=payload(confidence=0.2), when=payload())
    current = {row.pattern_type: row.version for row in ConversionPattern.objects.for_client(customer)}
    assert current == {"what": 2, "when": 1}
    versions = ConversionPatternHistory.objects.filter(client=customer, pattern_type="what").order_by("version")
    assert [(row.version, row.confidence, row.superseded_at) for row in versions] == [(1, 0.1, later), (2, 0.2, None)]


def test_promoted_weights_reach_the_client(customer):
    keep(customer, who=payload(recommended_weights=WEIGHTS, weights_evidence={"promoted": True}))
    customer.refresh_from_db()
    assert customer.als_learned_weights == WEIGHTS
    assert customer.als_weights_updated_at == NOW
    assert customer.conversion_sample_count == 12


def test_weights_that_were_not_promoted_leave_the_client_its_own(customer):
    keep(customer, who=payload(recommended_weights=WEIGHTS, weights_evidence={"promoted": True}))
    keep(customer, now=NOW + timedelta(days=7), conversions=15, who=payload(recommended_weights=WEIGHTS))
    customer.refresh_from_db()
    assert customer.als_weights_updated_at == NOW
    assert customer.conversion_sample_count == 15


def test_a_look_back_leaves_what_was_learned_since(customer):
    keep(customer, what=payload())
    earlier, later = payload(as_of="2025-03-01T00:00:00+00:00"), payload(as_of="2026-04-01T00:00:00+00:00")
    assert set(keep(customer, what=earlier, when=earlier)) == {PatternType.WHEN}
    assert keep(customer, what=later)[PatternType.WHAT].version == 2


def test_a_failure_stores_nothing(customer):
    keep(customer, what=payload())
    broken = payload(sample_size=None)
    with pytest.raises(Exception, match="sample_size"):
        keep(customer, what=payload(confidence=0.9), when=broken)
    assert ConversionPattern.objects.get(client=customer, pattern_type="what").version == 1
    assert ConversionPatternHistory.objects.for_client(customer).count() == 1


def test_clients_do_not_share_versions(customer, make_client):
    twin = make_client("Twin")
    keep(customer, what=payload())
    keep(twin, what=payload())
    assert [row.version for row in ConversionPattern.objects.for_client(twin)] == [1]


def test_a_version_is_compared_with_the_one_in_force_and_keeps_its_evidence(customer):
    seen = []

    def compare(found, last):
        seen.append(last and (last.version, last.payload["confidence"], last.comparison))
        return {**found, "marked": True}, {"run": len(seen)}

    for confidence in (0.6, 0.7):
        store.store(
            customer,
            {PatternType.WHAT: payload(confidence=confidence)},
            algorithms=dict.fromkeys(PatternType, "x-1"),
            conversions=12,
            now=NOW,
            scorecards={PatternType.WHAT: {"auc": confidence}},
            compare=compare,
        )
    assert seen == [None, (1, 0.6, {"run": 1})]
    for row in (
        ConversionPattern.objects.get(client=customer),
        ConversionPatternHistory.objects.get(client=customer, version=2),
    ):
        assert (row.comparison, row.scorecard, row.patterns["marked"]) == ({"run": 2}, {"auc": 0.7}, True)
