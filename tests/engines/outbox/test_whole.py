"""One statement reads what the ORM would read, value for value."""

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from conversion.models import Activity, ProviderAccount, Sender
from engines.outbox import whole
from tests.factories import lead as make_lead
from tests.factories import touch

pytestmark = pytest.mark.django_db
MOMENT = datetime(2026, 3, 2, 23, 0, 0, 123456, tzinfo=UTC)


def values(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def same(found, real):
    assert type(found) is type(real)
    assert values(found) == values(real)
    assert [type(one) for one in values(found).values()] == [type(one) for one in values(real).values()]
    assert found._state.adding is False


def test_everything_as_the_orm_reads_it(customer):
    account = ProviderAccount.objects.create(
        agency=customer.agency, channel="email", kind="smtp", name="Ours", options={"port": 25, "deep": [1, None]}
    )
    sender = Sender.objects.create(
        client=customer, channel="email", address="a@b.example", account=account, ramp_started_on=date(2026, 3, 1)
    )
    jo = make_lead(
        customer, email="jo@example.com", extra={"a": [True, None, 1.5]}, is_hiring=None, email_verified=True
    )
    made = touch(
        jo,
        sender=sender,
        propensity=0.25,
        due_at=MOMENT,
        content_snapshot={"body": "Grüße"},
        metadata={},
        pain_points=2**62,
    )
    found = whole.read(made.pk)
    real = Activity.objects.for_client(customer).select_related("lead", "client__agency", "sender__account").get()
    same(found, real)
    for path in (("lead",), ("client",), ("client", "agency"), ("sender",), ("sender", "account")):
        mine, theirs = found, real
        for name in path:
            mine, theirs = getattr(mine, name), getattr(theirs, name)
        same(mine, theirs)


def test_a_touch_without_a_sender_or_an_account(customer, django_assert_num_queries):
    bare = touch(make_lead(customer))
    with django_assert_num_queries(1):
        assert whole.read(bare.pk).sender is None
    sender = Sender.objects.create(client=customer, channel="email", address="a@b.example")
    own = touch(make_lead(customer, external_id="2"), sender=sender)
    with django_assert_num_queries(1):
        found = whole.read(own.pk)
        assert (found.sender.address, found.sender.account) == ("a@b.example", None)


def test_a_touch_that_is_gone():
    with pytest.raises(Activity.DoesNotExist):
        whole.read(uuid4())
