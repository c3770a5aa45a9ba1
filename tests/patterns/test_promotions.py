"""Weights that are promoted are told of, once."""

from datetime import timedelta

import pytest

from conversion.models import Notice
from tests.patterns.test_store import NOW, WEIGHTS, keep, payload

pytestmark = pytest.mark.django_db
OTHERS = {**WEIGHTS, "authority": 0.3, "timing": 0.2}


def told(client):
    notices = Notice.objects.for_client(client).order_by("created_at", "id")
    return [(one.kind, one.subject, one.payload["weights"], one.payload["version"], one.severity) for one in notices]


def learn(client, week, weights, *, promoted=True):
    evidence = {"promoted": promoted}
    return keep(
        client, now=NOW + timedelta(weeks=week), who=payload(recommended_weights=weights, weights_evidence=evidence)
    )


def test_a_promotion_is_told_once(customer, make_client):
    learn(make_client("Twin"), 0, WEIGHTS, promoted=False)
    learn(customer, 0, WEIGHTS)
    learn(customer, 1, WEIGHTS)
    learn(customer, 2, WEIGHTS, promoted=False)
    learn(customer, 3, OTHERS)
    assert told(customer) == [
        ("pattern_promoted", "who 1", WEIGHTS, 1, ""),
        ("pattern_promoted", "who 4", OTHERS, 4, ""),
    ]


def test_other_patterns_and_weights_that_stay_are_no_news(customer):
    keep(customer, what=payload())
    learn(customer, 1, WEIGHTS, promoted=False)
    assert told(customer) == []
