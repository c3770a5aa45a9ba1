from dataclasses import replace

import numpy as np
import pytest

from conversion.vocabulary import Status
from patterns.detectors.atrisk import at_risk
from patterns.detectors.families import findings
from patterns.detectors.features import by_stratum, feature_family, fit_features, templates_apart
from patterns.detectors.texts import written
from patterns.simulator.world import simulate
from patterns.stats.strata import mantel_haenszel
from tests.patterns.detectors.contract import AS_OF


@pytest.fixture(scope="module")
def fitted():
    frame = simulate("what", 8000, seed=41, as_of=AS_OF).frame()
    return fit_features(written(frame, at_risk(frame)))


def test_a_finding_shows_what_the_feature_does_alone(fitted):
    (found,) = findings([feature_family(fitted, "pain_points", "pain_point")])
    ratio, _ = mantel_haenszel(fitted.sums)
    for item, column in zip(found, fitted.counts.columns("pain_points"), strict=True):
        assert item.evidence["marginal_lift"] == pytest.approx(ratio[column])
    leads = next(item for item in found if item.key["pain_point"] == "leads")
    assert (leads.status, leads.evidence["marginal_agrees"]) == (Status.SUPPORTED, True)


def test_a_joint_effect_that_the_marginal_one_contradicts_is_no_finding(fitted):
    """The same model, but the comparison within strata turned round: a feature lives off others' credit."""
    turned = replace(fitted, sums=replace(fitted.sums, up=fitted.sums.down, down=fitted.sums.up))
    for kind, key in (("pain_points", "pain_point"), ("ctas", "cta")):
        (found,) = findings([feature_family(turned, kind, key)])
        assert {item.status for item in found if not item.evidence["marginal_agrees"]} == {Status.NONE}
        assert not any(item.status == Status.SUPPORTED for item in found)


def test_templates_on_the_smaller_side_are_those_of_a_plain_count(fitted):
    counts = fitted.counts
    with_n, _, n, _ = by_stratum(counts)
    mixed = (with_n > 0) & (with_n < n[:, None])
    expected = []
    for feature in range(counts.has.shape[1]):
        there, has = mixed[counts.stratum, feature], counts.has[counts.text, feature]
        expected.append(min(len(set(counts.template[there & side].tolist())) for side in (has, ~has)))
    assert templates_apart(counts, mixed).tolist() == expected
    assert np.median(expected) >= 4
