from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion.models import ProviderAccount, Sender
from engines.outbox import circuit
from engines.outbox.claims import claim
from engines.outbox.dispatching import dispatch
from engines.outbox.limits import OPENS_AT
from engines.outbox.record import record
from engines.outbox.sending import send
from engines.outbox.sweep import sweep
from engines.providers.contract import Accepted, Deferred, Refused, Uncertain
from patterns.models import HealthAlert
from tests.engines.outbox.conftest import states

pytestmark = pytest.mark.django_db


def send_all(limits, at_a_time=1):
    while claims := claim(at_a_time, limits):
        for one in claims:
            send(one, limits)


def probe_due():
    ProviderAccount.objects.update(probe_at=now() - timedelta(seconds=1))


def test_five_in_a_row_open_it_and_nothing_more_is_sent(queued, provider, limits):
    queued(20)
    provider.answers = [Uncertain("time-out")] * 20
    send_all(limits)
    assert states() == {"queued": 20 - OPENS_AT, "unknown": OPENS_AT}
    account = ProviderAccount.objects.get()
    assert (account.unknowns, account.circuit_opened_at is not None) == (OPENS_AT, True)
    assert set(HealthAlert.objects.for_client(account.agency.clients.get()).values_list("code", flat=True)) == {
        "unknown_send", "circuit_open",
    }  # fmt: skip


def test_touches_that_were_claimed_before_it_opened_go_back(queued, provider, limits):
    queued(20)
    provider.answers = [Uncertain("time-out")] * 20
    send_all(limits, at_a_time=20)
    assert states() == {"queued": 20 - OPENS_AT, "unknown": OPENS_AT}


def test_no_more_are_under_way_than_would_open_it_once_an_answer_proved_nothing(queued, provider, limits):
    """Of 12 that hang at once, the first to come back does not let another one go."""
    queued(20)
    under_way = [dispatch(one, limits) for one in claim(12, limits)]
    assert len(under_way) == 12
    record(under_way[0], Uncertain("time-out"), limits)
    assert [dispatch(one, limits) for one in claim(8, limits)] == [None] * 8
    for ready in under_way[1:9]:
        record(ready, Accepted("m"), limits)
    assert states() == {"dispatching": 3, "queued": 8, "sent": 8, "unknown": 1}
    assert ProviderAccount.objects.get().unknowns == 0


def test_answers_in_between_keep_it_closed(queued, provider, limits):
    queued(12)
    provider.answers = ([Uncertain("time-out")] * 4 + [Refused("550")]) * 2
    send_all(limits)
    assert states() == {"failed": 2, "sent": 2, "unknown": 8}
    assert ProviderAccount.objects.get().circuit_opened_at is None


def test_what_only_a_look_told_of_one_person_says_nothing_of_sending(queued, provider, limits):
    """A profile could be read, which sends nothing: writes may still vanish, one after the other."""
    queued(20)
    looked = Deferred("the provider says: connected", 0.0, is_of_account=False)
    provider.answers = [Uncertain("time-out"), looked] * 20
    send_all(limits)
    assert states() == {"queued": 20 - OPENS_AT, "unknown": OPENS_AT}
    account = ProviderAccount.objects.get()
    assert account.circuit_opened_at is not None
    provider.answers = [looked, Uncertain("time-out")]
    probe_due()
    send_all(limits)  # the probe only looked, so that another one follows at once
    account.refresh_from_db()
    assert (account.unknowns, account.circuit_opened_at is not None) == (OPENS_AT + 1, True)
    probe_due()
    send_all(limits)
    account.refresh_from_db()
    assert (account.unknowns, account.circuit_opened_at) == (0, None)


def test_every_client_that_sends_through_the_account_hears_of_it(queued, provider, limits, make_client):
    [first, *_] = queued(OPENS_AT + 1)
    account = ProviderAccount.objects.get()
    others = [make_client("Beta"), make_client("Gamma")]
    for other, of in zip(others, (account, None), strict=True):
        Sender.objects.create(client=other, channel="email", address="b@beta.example", account=of)
    provider.answers = [Uncertain("time-out")] * OPENS_AT
    send_all(limits)

    def told(client):
        return list(HealthAlert.objects.for_client(client).filter(code="circuit_open").values_list("resolved_at"))

    assert [told(client) for client in (first.client, *others)] == [[(None,)], [(None,)], []]
    probe_due()
    send_all(limits)
    [[resolved]] = told(others[0])
    assert resolved is not None


def test_one_probe_at_a_time_until_one_is_answered(queued, provider, limits):
    [first, *_] = queued(20)
    provider.answers = [Uncertain("time-out")] * (OPENS_AT + 1)
    send_all(limits)
    probe_due()
    [probe] = claim(10, limits)
    assert probe.is_probe
    assert claim(10, limits) == []  # the next one waits for this one's answer
    send(probe, limits)
    assert ProviderAccount.objects.get().circuit_opened_at is not None
    assert claim(10, limits) == []
    probe_due()
    send_all(limits, at_a_time=10)
    assert states() == {"sent": 20 - OPENS_AT - 1, "unknown": OPENS_AT + 1}
    account = ProviderAccount.objects.get()
    assert (account.unknowns, account.circuit_opened_at, account.probe_at) == (0, None, None)
    alert = HealthAlert.objects.for_client(first.client).get(code="circuit_open")
    assert alert.resolved_at is not None


def test_a_late_answer_from_before_does_not_close_it(queued, provider, limits):
    queued(8)
    early, *others = [dispatch(one, limits) for one in claim(OPENS_AT + 1, limits)]
    for ready in others:
        record(ready, Uncertain("time-out"), limits)
    record(early, Accepted("m-late"), limits)
    assert states() == {"queued": 2, "sent": 1, "unknown": OPENS_AT}
    assert ProviderAccount.objects.get().circuit_opened_at is not None
    assert claim(10, limits) == []


def test_the_circuit_of_one_account_leaves_the_others_alone(queued, provider, limits, customer):
    other = ProviderAccount.objects.create(agency=customer.agency, channel="email", kind="fake", name="Other")
    second = Sender.objects.create(client=customer, channel="email", address="you@acme.example", account=other)
    queued(8)
    provider.answers = [Uncertain("time-out")] * 8
    send_all(limits)
    queued(3, sender=second)
    provider.answers = []
    send_all(limits)
    assert states() == {"queued": 8 - OPENS_AT, "sent": 3, "unknown": OPENS_AT}


def test_the_default_provider_of_a_channel_has_a_circuit_too(queued, provider, limits, mailbox):
    Sender.objects.for_client(mailbox.client).update(account=None)
    mailbox.account = None
    queued(8)
    provider.answers = [Uncertain("time-out")] * OPENS_AT
    send_all(limits)
    assert states() == {"queued": 8 - OPENS_AT, "unknown": OPENS_AT}
    default = ProviderAccount.objects.get(agency=None)
    assert (default.channel, default.kind, default.circuit_opened_at is not None) == ("email", "default", True)
    assert circuit.default_account("email") == default
    probe_due()
    send_all(limits)
    assert states() == {"sent": 8 - OPENS_AT, "unknown": OPENS_AT}


def test_a_probe_without_a_touch_is_given_back(queued, provider, limits):
    queued(OPENS_AT)
    provider.answers = [Uncertain("time-out")] * OPENS_AT
    send_all(limits)
    probe_due()
    assert claim(10, limits) == []
    queued()
    [probe] = claim(10, limits)
    assert probe.is_probe


def test_a_vanished_worker_does_not_count_against_the_provider(queued, provider, limits):
    queued(6)
    claim(6, limits)
    sweep(limits)
    assert ProviderAccount.objects.get().unknowns == 0
