"""Callers of the API: a person at the client, and one at a second client with twin data."""

import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import now
from rest_framework.test import APIClient

from conversion.api.tokens import issue
from conversion.models import Membership
from conversion.vocabulary import Role


@pytest.fixture
def make_user(db):
    def make(name="ann", **fields):
        return get_user_model().objects.create_user(name, password="correct horse", **fields)

    return make


@pytest.fixture
def make_member(make_user):
    def make(client, role=Role.ADMIN, name=None):
        user = make_user(name or f"{role}-{client.slug}")
        Membership.objects.create(user=user, client=client, role=role, accepted_at=now())
        return user

    return make


@pytest.fixture
def call_as():
    """A browser that sends a token of the user's."""

    def make(user, role=Role.ADMIN, **scope):
        _, text = issue(user, name=f"test {role}", role=role, days=1, **(scope or {"everywhere": True}))
        caller = APIClient()
        caller.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        caller.token = text
        return caller

    return make


@pytest.fixture
def api(customer, make_member, call_as):
    """Of an admin at the client."""
    return call_as(make_member(customer))


@pytest.fixture
def other(make_client):
    return make_client("Globex")


@pytest.fixture
def stranger(other, make_member, call_as):
    """Of an admin at the other client."""
    return call_as(make_member(other))
