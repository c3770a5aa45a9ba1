"""Programs and people that call the API in tests."""

import secrets

from django.contrib.auth import get_user_model
from django.utils.timezone import now
from rest_framework.test import APIClient

from conversion.api.tokens import issue
from conversion.models import Membership
from conversion.vocabulary import Role


def person(*clients, role="admin", **fields):
    """A user with this role at the clients."""
    user = get_user_model().objects.create_user(f"user-{secrets.token_hex(4)}", **fields)
    for client in clients:
        Membership.objects.create(user=user, client=client, role=role, accepted_at=now())
    return user


def caller(*clients, role="admin", user=None):
    """A program with a token of this role for the clients, under `/api/v1/`."""
    owner = user or person(*clients, role=role)
    _, text = issue(owner, name=secrets.token_hex(4), role=Role(role), days=1, clients=clients, everywhere=not clients)
    return Caller(text)


class Caller(APIClient):
    def __init__(self, token="", **options):
        super().__init__(**options)
        if token:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def generic(self, method, path, *args, **options):
        return super().generic(method, path if path.startswith(("/", "http")) else f"/api/v1/{path}", *args, **options)
