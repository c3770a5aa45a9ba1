"""Leads follow the WHO pattern in force: pulled, in batches, from where it stopped."""

from datetime import timedelta

import pytest

from conversion.models import Lead
from engines import rescoring, scorer
from engines.rescoring import rescore
from patterns import flows
from patterns.models import ConversionPattern, Rescoring
from tests.factories import lead
from tests.patterns.stored import AT, WEIGHTS, keep, who

pytestmark = pytest.mark.django_db
OTHER = {"data_quality": 0.4, "authority": 0.1, "company_fit": 0.25, "timing": 0.1}


@pytest.fixture
def leads(customer):
    return [lead(customer, title="Founder", email=f"{number}@x.example") for number in range(7)]


def weights(client):
    return [
        used and used["authority"]
        for used in Lead.objects.for_client(client).values_list("als_weights_used", flat=True)
    ]


def promote(client, version, recommended=None):
    ConversionPattern.objects.for_client(client).delete()
    payload = who(recommended_weights=recommended or WEIGHTS)
    return keep(client, "who", payload, version=version, valid_until=AT + timedelta(days=14))


def test_a_new_pattern_scores_all_leads_once(customer, leads, make_client):
    twin = lead(make_client("Twin"), title="Founder")
    promote(customer, 1)
    assert rescore(AT) == 7
    assert weights(customer) == [WEIGHTS["authority"]] * 7
    assert rescore(AT) == 0
    twin.refresh_from_db()
    assert twin.scored_at is None


def test_each_version_is_followed(customer, leads):
    promote(customer, 1)
    rescore(AT)
    promote(customer, 2, OTHER)
    assert rescore(AT + timedelta(days=1)) == 7
    assert weights(customer) == [OTHER["authority"]] * 7
    row = Rescoring.objects.get(client=customer)
    assert (row.version, row.finished_at) == (2, AT + timedelta(days=1))


def test_the_leads_of_a_new_pattern_wait_for_learning_but_not_for_long(customer, leads):
    row = promote(customer, 1)
    period = flows.ask([customer.pk])
    assert rescore(row.computed_at + timedelta(seconds=5)) == 0
    assert rescore(row.computed_at + rescoring.PATIENCE) == 7
    promote(customer, 2, OTHER)
    assert rescore(row.computed_at + timedelta(seconds=6)) == 0
    period.delete()
    assert rescore(row.computed_at + timedelta(seconds=7)) == 7


def test_what_expired_counts_no_more(customer, leads):
    promote(customer, 1)
    rescore(AT)
    later = AT + timedelta(days=30)
    assert rescore(later) == 7
    assert set(weights(customer)) != {WEIGHTS["authority"]}
    assert rescore(later) == 0


def test_clients_without_a_pattern_or_paused_are_left_alone(customer, leads):
    assert rescore(AT) == 0
    promote(customer, 1)
    customer.is_paused = True
    customer.save()
    assert rescore(AT) == 0


def test_it_goes_on_where_it_was_cut_off(customer, leads, monkeypatch):
    monkeypatch.setattr(rescoring, "BATCH", 3)
    promote(customer, 1)
    assert rescore(AT, seconds=0) == 3
    real, calls = scorer.write, []

    def die_at_second(*written):
        calls.append(written)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*written)

    with monkeypatch.context() as patched:
        patched.setattr(scorer, "write", die_at_second)
        with pytest.raises(KeyboardInterrupt):
            rescore(AT)
    assert rescore(AT) == 1  # of seven, six were done
    assert weights(customer) == [WEIGHTS["authority"]] * 7


def test_a_newer_version_takes_over_in_the_middle(customer, leads, monkeypatch):
    monkeypatch.setattr(rescoring, "BATCH", 3)
    promote(customer, 1)
    assert rescore(AT, seconds=0) == 3
    promote(customer, 2, OTHER)
    assert rescore(AT) == 7
    assert weights(customer) == [OTHER["authority"]] * 7


def test_two_at_once_leave_all_leads_scored(customer, leads, monkeypatch):
    monkeypatch.setattr(rescoring, "BATCH", 3)
    promote(customer, 1)
    one, two = (rescoring.scored_by(customer, 1, AT) for _ in range(2))
    assert [next(one), next(two), next(one), next(one)] == [3, 3, 3, 1]
    assert sum(one) + sum(two) > 0
    assert weights(customer) == [WEIGHTS["authority"]] * 7
    assert rescore(AT) == 0
