import numpy as np
import pytest

from conversion.vocabulary import Status
from patterns.detectors.findings import Finding
from patterns.detectors.followed import Assigned
from patterns.detectors.sequences import Worth
from patterns.detectors.winning import payload, plan_status, terms

EMAIL, SMS, LINKEDIN, VOICE = 0, 1, 2, 3


def finding(key, status=Status.SUPPORTED, lift=1.5):
    return Finding(
        key=key,
        sample=1000,
        converted=60,
        rate=0.06,
        low=0.05,
        high=0.07,
        lift=lift,
        lift_low=1.2,
        lift_high=1.8,
        q_value=0.001,
        p_better=0.999,
        status=status,
    )


NOBODY = Assigned((), np.zeros(0, dtype=np.int64), None)


def worth(plan, low, ratio=1.4):
    one = np.ones(1)
    return Worth(
        plans=np.array([plan]),
        rate=0.2 * one,
        low=0.1 * one,
        high=0.3 * one,
        ratio=ratio * one,
        ratio_low=low * one,
        ratio_high=2 * one,
        p_better=0.99 * one,
        log_mean=0.3 * one,
        log_variance=0.01 * one,
    )


FOUND = {
    "channel": [finding({"channel": "voice"}), finding({"channel": "email"}, Status.NONE)],
    "new": [finding({"effect": "new_channel"})],
    "after email": [finding({"from": "email", "to": "sms"})],
    "tier hot": [finding({"tier": "hot", "channel": "linkedin"})],
    "first": [finding({"first": "sms"})],
}


@pytest.mark.parametrize(
    ("plan", "keys"),
    [
        ((EMAIL, EMAIL), [{"channel": "email"}]),
        ((VOICE, VOICE), [{"channel": "voice"}]),
        ((EMAIL, SMS), [{"channel": "email"}, {"effect": "new_channel"}, {"from": "email", "to": "sms"}]),
        ((SMS, SMS), [{"first": "sms"}]),
        ((LINKEDIN, LINKEDIN), [{"tier": "hot", "channel": "linkedin"}]),
    ],
)
def test_a_plan_stands_on_the_effects_that_it_makes_use_of(plan, keys):
    assert [item.key for item in terms(np.array(plan), FOUND)] == keys


@pytest.mark.parametrize(
    ("plan", "low", "ratio", "status"),
    [
        ((VOICE, VOICE), 1.1, 1.4, Status.SUPPORTED),
        ((VOICE, VOICE), 0.99, 1.4, Status.NONE),
        ((VOICE, VOICE), 1.01, 1.04, Status.NONE),
        ((EMAIL, EMAIL), 1.1, 1.4, Status.SUGGESTIVE),
    ],
)
def test_a_plan_is_supported_by_a_sure_gain_and_a_tested_effect(plan, low, ratio, status):
    assert plan_status(worth(plan, low, ratio), 0, FOUND) == status


def test_an_effect_that_makes_things_worse_supports_no_plan():
    found = {"channel": [finding({"channel": "voice"}, lift=0.6)]}
    assert plan_status(worth((VOICE, VOICE), 1.1), 0, found) == Status.SUGGESTIVE


def test_a_plan_claims_its_lower_end():
    claimed = payload(worth((VOICE, EMAIL), 1.1), 0, Status.SUPPORTED, NOBODY)
    assert claimed["sequence"] == ["voice", "email"]
    assert (claimed["conversion_rate"], claimed["rate"], claimed["low"], claimed["high"]) == (0.1, 0.2, 0.1, 0.3)
    assert (claimed["lift"], claimed["lift_low"], claimed["tried"], claimed["as_assigned"]) == (1.4, 1.1, 0, None)
