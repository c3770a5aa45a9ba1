import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from conversion.als import DEFAULT_WEIGHTS, MAXIMA, WeightsError, check_weights


@pytest.mark.parametrize(
    "weights",
    [
        DEFAULT_WEIGHTS,
        {"data_quality": 0.05, "authority": 0.5, "company_fit": 0.2, "timing": 0.05},  # sum 0.80
        {"data_quality": 0.3, "authority": 0.3, "company_fit": 0.2, "timing": 0.1},  # sum 0.90
        {"data_quality": Fraction(1, 5), "authority": np.float32(0.25), "company_fit": 0.25, "timing": 0.15},
    ],
)
def test_weights_that_may_be_used(weights):
    checked = check_weights(weights, strict=True)
    assert checked == {name: float(weights[name]) for name in MAXIMA}
    assert list(checked) == ["data_quality", "authority", "company_fit", "timing"]
    assert all(type(value) is float for value in checked.values())


def test_a_further_key_is_an_error_on_entry_and_ignored_on_read():
    weights = {**DEFAULT_WEIGHTS, "luck": 0.1}
    assert check_weights(weights) == dict(DEFAULT_WEIGHTS)
    with pytest.raises(WeightsError, match="luck: unknown, the weights are data_quality") as caught:
        check_weights(weights, strict=True)
    assert caught.value.field == "luck"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"authority": math.nan}, "authority: not a finite number"),
        ({"authority": math.inf}, "authority: not a finite number"),
        ({"timing": 10**400}, "timing: not a finite number"),
        ({"timing": -0.1}, "timing: -0.1 is outside 0.05-0.50"),
        ({"timing": 0.0499}, "timing: 0.0499 is outside 0.05-0.50"),
        ({"authority": 0.5001}, "authority: 0.5001 is outside 0.05-0.50"),
        ({"data_quality": "0.2"}, "data_quality: expected a number, got str"),
        ({"data_quality": None}, "data_quality: expected a number, got NoneType"),
        ({"data_quality": True}, "data_quality: expected a number, got bool"),
        ({"data_quality": Decimal("0.2")}, "data_quality: expected a number, got Decimal"),
        ({"data_quality": [0.2]}, "data_quality: expected a number, got list"),
    ],
)
def test_a_weight_that_may_not_be_used(change, message):
    with pytest.raises(WeightsError, match=message) as caught:
        check_weights({**DEFAULT_WEIGHTS, **change})
    assert caught.value.field == next(iter(change))


@pytest.mark.parametrize("name", list(MAXIMA))
def test_a_missing_weight(name):
    with pytest.raises(WeightsError, match=f"{name}: missing") as caught:
        check_weights({key: value for key, value in DEFAULT_WEIGHTS.items() if key != name})
    assert caught.value.field == name


@pytest.mark.parametrize(("authority_weight", "total_weight"), [(0.1999, "0.7999"), (0.3001, "0.9001")])
def test_a_sum_outside_its_bounds(authority_weight, total_weight):
    with pytest.raises(WeightsError, match=f"the sum {total_weight} is outside 0.80-0.90") as caught:
        check_weights({**DEFAULT_WEIGHTS, "authority": authority_weight})
    assert caught.value.field is None


@pytest.mark.parametrize("weights", [None, [], "x", 3])
def test_weights_that_are_no_object(weights):
    with pytest.raises(WeightsError, match="weights: expected an object"):
        check_weights(weights)
