"""A query of a client's rows says whose, or it raises."""

import pytest
from django.db.models import Count, Q

from conversion.models import Activity, Client, Lead, Membership
from conversion.tenancy import UnscopedQueryError, across_clients
from tests.factories import lead, touch

pytestmark = pytest.mark.django_db


@pytest.fixture
def twins(make_client):
    """Two clients with the same data."""
    mine, theirs = make_client("Mine"), make_client("Theirs")
    for owner in (mine, theirs):
        touch(lead(owner, external_id="1", first_name="Ada"))
    return mine, theirs


UNSCOPED = {
    "list": lambda rows: list(rows.all()),
    "filter by name": lambda rows: list(rows.filter(external_id="1")),
    "get by id": lambda rows: rows.get(pk="01890a5d-ac96-774b-bcce-b302099a8057"),
    "count": lambda rows: rows.count(),
    "exists": lambda rows: rows.filter(external_id="1").exists(),
    "first": lambda rows: rows.order_by("external_id").first(),
    "iterator": lambda rows: next(rows.iterator()),
    "values": lambda rows: list(rows.values_list("external_id")),
    "aggregate": lambda rows: rows.aggregate(all=Count("pk")),
    "update": lambda rows: rows.update(external_id="2"),
    "delete": lambda rows: rows.filter(external_id="1").delete(),
}


@pytest.mark.parametrize("query", UNSCOPED.values(), ids=UNSCOPED.keys())
@pytest.mark.usefixtures("twins")
def test_an_unscoped_query_raises(query):
    with pytest.raises(UnscopedQueryError, match="does not say whose rows"):
        query(Activity.objects)


def test_scoped_queries_see_their_own_client_only(twins):
    mine, _ = twins
    assert [row.client_id for row in Lead.objects.for_client(mine)] == [mine.id]
    assert Lead.objects.filter(client_id=mine.id, external_id="1").count() == 1
    assert Activity.objects.filter(lead=Lead.objects.get(client=mine, external_id="1")).exists()


def test_an_alternative_is_scoped_only_when_each_side_is(twins):
    mine, theirs = twins
    assert Lead.objects.filter(Q(client=mine) | Q(client=theirs)).count() == 2
    with pytest.raises(UnscopedQueryError):
        Lead.objects.filter(Q(client=mine) | Q(first_name="Ada")).count()


def test_everybody_but_one_is_not_a_scope(twins):
    with pytest.raises(UnscopedQueryError):
        Lead.objects.exclude(client=twins[0]).count()


def test_a_union_is_scoped_only_when_each_part_is(twins):
    mine = Lead.objects.for_client(twins[0])
    assert len(mine.union(Lead.objects.for_client(twins[1]))) == 2
    with pytest.raises(UnscopedQueryError):
        len(mine.union(Lead.objects.all()))


def test_rows_that_were_fetched_can_be_written_and_followed(twins):
    person = Lead.objects.get(client=twins[0], external_id="1")
    person.first_name = "Grace"
    person.save()
    person.refresh_from_db()
    person.full_clean()
    Lead.objects.bulk_update([person], ["first_name"])
    assert person.first_name == "Grace"
    assert person.activities.get().lead == person
    person.delete()
    assert Activity.objects.for_client(twins[0]).count() == 0
    assert Activity.objects.for_client(twins[1]).count() == 1


@pytest.mark.usefixtures("twins")
def test_named_places_may_look_across():
    with across_clients("health"):
        assert Lead.objects.count() == 2
    with pytest.raises(UnscopedQueryError):
        Lead.objects.count()
    with pytest.raises(ValueError, match="not a named cross-client place"), across_clients("anywhere"):
        pass


def test_a_user_sees_the_clients_of_accepted_memberships(twins, django_user_model):
    mine, theirs = twins
    user = django_user_model.objects.create_user("ada")
    Membership.objects.create(user=user, client=mine, accepted_at=mine.created_at)
    Membership.objects.create(user=user, client=theirs)
    assert list(Client.objects.visible_to(user)) == [mine]
    user.is_superuser = True
    assert Client.objects.visible_to(user).count() == 2
    user.is_active = False
    assert Client.objects.visible_to(user).count() == 0
