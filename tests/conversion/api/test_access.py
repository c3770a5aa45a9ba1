from datetime import timedelta

import pytest
from django.utils.timezone import now

from conversion import access
from conversion.access import NoSuchClient, NotAllowed
from conversion.api.tokens import issue, revoke
from conversion.models import ApiToken, Membership
from conversion.vocabulary import Role
from tests.callers import person


def token_of(user, role=Role.ADMIN, **scope):
    return issue(user, name=f"token {role}", role=role, days=1, **(scope or {"everywhere": True}))[0]


def test_a_person_may_do_what_the_membership_says(customer, other):
    reach = access.of_user(person(customer, role=Role.OPERATOR))
    assert reach.role_at(customer.pk) is Role.OPERATOR
    assert reach.role_at(other.pk) is None
    assert reach.may(customer.pk, Role.VIEWER)
    assert not reach.may(customer.pk, Role.ADMIN)
    assert list(reach.clients()) == [customer]
    assert list(reach.clients(Role.ADMIN)) == []


def test_an_invitation_that_was_not_accepted_opens_nothing(customer):
    user = person()
    Membership.objects.create(user=user, client=customer, role=Role.ADMIN)
    assert access.of_user(user).role_at(customer.pk) is None


def test_staff_who_are_no_superusers_see_their_own_clients(customer):
    assert list(access.of_user(person(is_staff=True)).clients()) == []


def test_a_superuser_may_do_everything_and_a_disabled_one_nothing(customer):
    root = person(is_superuser=True)
    assert access.of_user(root).role_at(customer.pk) is Role.ADMIN
    root.is_active = False
    assert access.of_user(root).role_at(customer.pk) is None


@pytest.mark.parametrize("held", list(Role))
@pytest.mark.parametrize("limit", list(Role))
def test_a_token_opens_the_lesser_of_its_role_and_its_persons(customer, held, limit):
    token = token_of(person(customer, role=held), limit)
    assert access.of_token(token).role_at(customer.pk) is min(held, limit, key=access.RANK.__getitem__)


def test_a_token_opens_its_clients_alone(customer, other):
    user = person(customer)
    Membership.objects.create(user=user, client=other, role=Role.ADMIN, accepted_at=now())
    reach = access.of_token(token_of(user, clients=[customer]))
    assert (reach.role_at(customer.pk), reach.role_at(other.pk)) == (Role.ADMIN, None)


def test_a_token_for_a_client_that_its_person_has_left_opens_nothing(customer, other):
    user = person(customer)
    token = token_of(user, clients=[customer, other])
    assert access.of_token(token).role_at(other.pk) is None
    Membership.objects.all().delete()
    assert access.of_token(token).role_at(customer.pk) is None


def test_a_superusers_token_keeps_to_its_role_and_clients(customer, other):
    root = person(is_superuser=True)
    narrow = access.of_token(token_of(root, Role.VIEWER, clients=[customer]))
    assert (narrow.role_at(customer.pk), narrow.role_at(other.pk)) == (Role.VIEWER, None)
    wide = access.of_token(token_of(root, Role.OPERATOR, everywhere=True))
    assert (wide.role_at(other.pk), wide.ids(Role.ADMIN), wide.ids()) == (Role.OPERATOR, [], None)


def test_a_token_that_is_over_opens_nothing(customer):
    user = person(customer)
    token = token_of(user)
    assert access.of_token(token, now() + timedelta(days=2)).ids() == []
    revoke(token)
    assert access.of_token(ApiToken.objects.get(pk=token.pk)).ids() == []


def test_a_client_goes_by_id_and_slug(customer, other):
    reach = access.of_user(person(customer, role=Role.VIEWER))
    for ref in (customer.pk, str(customer.pk), customer.slug):
        assert reach.client(ref) == customer
    for ref in (other.pk, str(other.pk), other.slug, "", "\0", "x" * 10_000, customer.name):
        with pytest.raises(NoSuchClient):
            reach.client(ref)
    with pytest.raises(NotAllowed, match="operator"):
        reach.client(customer.slug, Role.OPERATOR)


def test_a_deleted_client_is_not_there(customer):
    reach = access.of_user(person(customer))
    customer.deleted_at = now()
    customer.save()
    assert list(reach.clients()) == []
    with pytest.raises(NoSuchClient):
        reach.client(customer.slug)
