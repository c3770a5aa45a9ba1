from collections import Counter
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils.timezone import now

from conversion.personal import template_key
from conversion.vocabulary import Status
from engines.texts.variants import choose
from patterns import guidance
from patterns.models import ConversionPattern
from patterns.payloads import Claim

NAMES = ("email-1a-00", "email-1b-11", "email-1c-22")
LEADS = [UUID(int=number) for number in range(600)]


def known(lift, status=Status.SUPPORTED):
    return Claim("k", 900, 90, 0.1, 0.08, 0.12, lift, lift - 0.1, lift + 0.1, 0.01, status)


def learned(**lifts):
    return {template_key(NAMES["abc".index(name)], None, None, None): known(lift) for name, lift in lifts.items()}


def shares(about):
    return Counter(choose(NAMES, lead, 1, about).place for lead in LEADS)


def test_without_evidence_each_gets_its_share_and_a_lead_always_the_same():
    found = shares({})
    assert all(150 < found[place] < 250 for place in range(3))
    assert choose(NAMES, LEADS[3], 1, {}) == choose(NAMES, LEADS[3], 1, {})
    assert choose(NAMES, LEADS[3], 1, {}).propensity == pytest.approx(1 / 3)
    by_touch = {touch: [choose(NAMES, lead, touch, {}).place for lead in LEADS] for touch in (1, 2)}
    assert by_touch[1] != by_touch[2]  # who gets the first variant once does not get it each time


def test_the_one_that_books_more_is_taken():
    choice = choose(NAMES, LEADS[0], 1, learned(a=0.6, b=1.3, c=1.2))
    assert (choice.place, choice.propensity) == (1, 1.0)
    assert choice.reason.startswith("books more than its alternatives: 1.30 times the average")
    assert set(shares(learned(b=1.3))) == {1}


def test_those_that_book_less_are_left_out():
    found = shares(learned(a=0.6))
    assert set(found) == {1, 2}
    assert choose(NAMES, LEADS[0], 1, learned(a=0.6)).reason == "in turn, one of 2; 1 book less and are left out"
    assert set(shares(learned(a=0.6, b=0.7, c=0.5))) == {0, 1, 2}


def test_suggestive_findings_change_nothing():
    key = template_key(NAMES[0], None, None, None)
    assert set(shares({key: known(2.0, Status.SUGGESTIVE)})) == {0, 1, 2}


def test_a_single_variant_is_no_choice():
    assert choose(NAMES[:1], LEADS[0], 1, {}).reason == "the only variant"


def stored(client, tests, confidence=0.9, **fields):
    moment = now()
    values = {"version": 1, "sample_size": 9, "algorithm": "what-1", "computed_at": moment} | fields
    values.setdefault("valid_until", moment + timedelta(days=14))
    return ConversionPattern.objects.create(
        client=client, pattern_type="what", patterns={"variants": tests}, confidence=confidence, **values
    )


def arm(key, lift, status="supported"):
    return {
        "template": str(key), "variant": "x", "sample": 900, "converted": 90, "rate": 0.1, "low": 0.08, "high": 0.12,
        "lift": lift, "lift_low": 1.0, "lift_high": 1.5, "q_value": 0.01, "status": status,
    }  # fmt: skip


def places_of(*arms, campaign=None, touch=1):
    return {"tests": [{"campaign": campaign, "channel": "email", "touch": touch, "variants": list(arms)}]}


@pytest.mark.django_db
def test_what_is_learned_is_read_for_many_clients(customer, make_client, django_assert_num_queries):
    other, weak, empty = make_client("Other"), make_client("Weak"), make_client("Empty")
    stored(customer, places_of(arm(-5, 1.3), arm(6, 0.7), arm(7, 1.1, "none")))
    stored(other, places_of(arm(8, 1.2)))
    stored(weak, places_of(arm(9, 1.2)), confidence=0.4)
    stored(empty, {"abstained": "too few"})
    with django_assert_num_queries(1):
        found = guidance.texts_of([customer, other, weak, empty], now())
    assert {key: claim.lift for key, claim in found[customer.pk]["email", 1].items()} == {-5: 1.3, 6: 0.7}
    assert set(found[other.pk]["email", 1]) == {8}
    assert weak.pk not in found
    assert found[empty.pk] == {}
    assert guidance.texts_of([other], now() + timedelta(days=15)) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "tests",
    [
        places_of(arm(5, 1.3), campaign=4),
        places_of(arm(2**63, 1.3)),
        places_of(arm("x", 1.3)),
        places_of(arm(5, "1.3")),
        places_of(arm(5, 1.3), touch=0),
        {"tests": {}},
        {"tests": [3]},
        [],
    ],
)
def test_what_may_not_be_used_is_left_out(customer, tests):
    stored(customer, tests)
    assert not any(guidance.texts_of([customer], now()).get(customer.pk, {}).values())
