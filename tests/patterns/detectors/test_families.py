from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest

from conversion.vocabulary import PatternType, Status
from patterns.detectors.families import (
    any_supported,
    discoveries,
    findings,
    flags_family,
    head,
    losers,
    ranked,
    values_family,
    winners,
)

CITIES = ["Adelaide", "Brisbane", "Canberra"]


def rows(rng, count=6000, ratio=(1.0, 2.0, 0.5)):
    codes = rng.integers(0, 3, count)
    stratum = rng.integers(0, 5, count)
    return codes, rng.random(count) < 0.05 * np.array(ratio)[codes], stratum


def cities(codes, y, stratum):
    return values_family("city", CITIES, codes, y, stratum, stratified_by="week")


def test_a_finding_holds_the_counts_rate_and_lift_of_its_value():
    codes, y, stratum = rows(np.random.default_rng(1))
    (found,) = findings([cities(codes, y, stratum)])
    best = found[1]
    assert best.key == {"city": "Brisbane"}
    assert best.sample == (codes == 1).sum()
    assert best.converted == y[codes == 1].sum()
    assert best.rate == pytest.approx(0.1, abs=0.01)
    assert best.lift == pytest.approx(2 / 3.5 * 3, rel=0.08)
    assert best.lift_low < best.lift < best.lift_high
    assert best.q_value < 1e-6
    assert best.p_better > 0.999
    assert best.status == Status.SUPPORTED
    assert best.stratified_by == "week"


def test_unknown_values_count_nowhere():
    codes, y, stratum = rows(np.random.default_rng(2))
    unknown = np.concatenate([codes, np.full(500, -1)])
    more = np.concatenate([y, np.ones(500, dtype=bool)]), np.concatenate([stratum, np.zeros(500, dtype=int)])
    assert findings([cities(codes, y, stratum)]) == findings([cities(unknown, *more)])


def test_one_false_discovery_rate_for_all_families():
    codes, y, stratum = rows(np.random.default_rng(3))
    noise = [cities(np.random.default_rng(seed).permutation(codes), y, stratum) for seed in range(10)]
    alone = findings([cities(codes, y, stratum)])[0]
    among = findings([cities(codes, y, stratum), *noise])[0]
    assert all(one.q_value < other.q_value for one, other in zip(alone, among, strict=True))


def test_further_tests_count_too():
    codes, y, stratum = rows(np.random.default_rng(3), ratio=(1, 1.3, 1))
    family = cities(codes, y, stratum)
    assert findings([family], np.full(50, 0.9))[0][1].q_value > 5 * findings([family])[0][1].q_value


def test_rare_values_are_listed_but_not_tested():
    """200 values of one row each: testing them would cost the common ones their significance."""
    codes, y, stratum = rows(np.random.default_rng(4))
    rare = np.concatenate([codes, np.arange(3, 203)])
    family = values_family(
        "city",
        [str(code) for code in range(203)],
        rare,
        np.concatenate([y, np.zeros(200, dtype=bool)]),
        np.concatenate([stratum, np.zeros(200, dtype=int)]),
        stratified_by="week",
    )
    (found,) = findings([family])
    assert len(found) == 203
    assert [item.q_value is None for item in found] == [False] * 3 + [True] * 200
    assert {item.status for item in found[3:]} == {Status.NONE}


def test_a_value_that_never_converts_can_be_supported_as_a_bad_one():
    codes, y, stratum = rows(np.random.default_rng(5), ratio=(1, 1, 0))
    worst = findings([cities(codes, y, stratum)])[0][2]
    assert worst.converted == 0
    assert worst.status == Status.SUPPORTED
    assert worst.lift < 0.2


def test_few_conversions_support_nothing():
    codes = np.repeat([0, 1], 100)
    y = (codes == 1) & (np.arange(200) < 109)
    found = findings([values_family("city", CITIES[:2], codes, y, np.zeros(200, dtype=int), stratified_by="-")])[0]
    assert y.sum() == 9
    assert found[1].q_value < 0.01
    assert found[1].status == Status.SUGGESTIVE


def test_flags_are_compared_with_the_rows_known_to_be_without():
    rng = np.random.default_rng(6)
    new, old = rng.integers(-1, 2, 9000), rng.integers(0, 2, 9000)
    y = rng.random(9000) < np.where(new == 1, 0.12, 0.06)
    family = flags_family("flag", ["new", "old"], [new, old], y, np.zeros(9000, dtype=int), stratified_by="-")
    (found,) = findings([family])
    assert [item.key["flag"] for item in found] == ["new", "old"]
    assert found[0].sample == (new == 1).sum()
    assert found[0].lift == pytest.approx(2.0, rel=0.12)
    assert found[0].status == Status.SUPPORTED
    assert found[1].lift == pytest.approx(1.0, abs=0.1)
    assert found[1].status == Status.NONE


def test_order_of_lists():
    codes, y, stratum = rows(np.random.default_rng(7))
    (found,) = findings([cities(codes, y, stratum)])
    assert [item.key["city"] for item in ranked(found)] == ["Brisbane", "Adelaide", "Canberra"]
    assert [item.key["city"] for item in winners(found)] == ["Brisbane"]
    assert losers(found)[0].key["city"] == "Canberra"
    assert any_supported(found)
    assert not any_supported([])


def test_discoveries_keep_what_was_not_tested():
    first, second = discoveries(np.array([0.01, np.nan]), np.array([0.02]))
    assert first[0] == pytest.approx(0.02)
    assert np.isnan(first[1])
    assert second[0] == pytest.approx(0.02)


def test_head_speaks_utc():
    at = datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=10)))
    assert head(PatternType.WHO, at, 12, 0.5) == {
        "type": "who",
        "version": 1,
        "computed_at": "2026-03-01T00:00:00+00:00",
        "as_of": "2026-03-01T00:00:00+00:00",
        "sample_size": 12,
        "confidence": 0.5,
        "outcome": "booked",
    }
    assert head(PatternType.WHEN, datetime(2026, 3, 1, tzinfo=UTC), 1, 0.0)["as_of"] == "2026-03-01T00:00:00+00:00"


def test_an_interval_that_holds_one_is_never_supported():
    """A p-value of one in a million, but a family that says that cities do not differ."""
    codes, y, stratum = rows(np.random.default_rng(8), ratio=(1, 1, 1))
    family = cities(codes, y, stratum)
    (found,) = findings([replace(family, p_values=np.full(3, 1e-6))])
    assert all(item.lift_low < 1 < item.lift_high for item in found)
    assert Status.SUPPORTED not in {item.status for item in found}


def test_what_a_second_look_contradicts_is_neither_supported_nor_suggested():
    family = cities(*rows(np.random.default_rng(1)))
    evidence = tuple({"seen": number} for number in range(3))
    (found,) = findings([replace(family, evidence=evidence, contradicted=np.array([False, True, False]))])
    assert [item.status for item in found] == [Status.SUPPORTED, Status.NONE, Status.SUPPORTED]
    assert [item.payload()["seen"] for item in found] == [0, 1, 2]
