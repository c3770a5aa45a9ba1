"""Issuing and revoking tokens."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.timezone import now
from knox.models import get_digest_token
from knox.settings import CONSTANTS

from conversion.models import ApiToken, Client
from conversion.vocabulary import Role

LONGEST_NAME = 80
MOST_DAYS = 3650


@transaction.atomic
def issue(
    user: Any, *, name: str, role: Role, days: int, clients: Iterable[Client] = (), everywhere: bool = False
) -> tuple[ApiToken, str]:
    """A token of the user's for these clients, or (everywhere) for all that it may see, and its text, which is kept nowhere.

    Raises ValueError where neither or both are given, or the name is blank, too long or one of a token in use.
    """
    clients, name = list(clients), " ".join(name.split())
    if bool(clients) == everywhere:
        raise ValueError("a token is for clients, or for all of them: give one of the two")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ValueError(f"a token's name has 1 to {LONGEST_NAME} printable characters")
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"a token holds for 1 to {MOST_DAYS} days")
    if ApiToken.objects.filter(user=user, name=name, revoked_at=None).exists():
        raise ValueError(f"{user.get_username()} has a token called {name!r}; revoke it first, or give another name")
    digest, text = get_digest_token()
    token = ApiToken.objects.create(
        user=user,
        digest=digest,
        token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH],
        expiry=now() + timedelta(days=days),
        name=name,
        role=role.value,
        everywhere=everywhere,
    )
    token.clients.set(clients)
    return token, text


def revoke(token: ApiToken) -> None:
    """From now on nobody is let in by it. It stays on record."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now())
