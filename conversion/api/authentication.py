"""Who calls: a program by a token, or a person by the session of the admin."""

from collections.abc import Sequence
from hmac import compare_digest
from typing import Any

from django.contrib.auth.models import User
from django.db import DEFAULT_DB_ALIAS
from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from conversion.fetching import fetched
from conversion.models import ApiToken

FLAGS = ("is_active", "is_staff", "is_superuser")
OF_TOKEN = tuple(str(field.attname) for field in ApiToken._meta.concrete_fields)
OF_USER = tuple(
    field.attname for field in User._meta.concrete_fields if field.name in {"id", "username", "password", *FLAGS}
)
COLUMNS = ", ".join([*(f"token.{name}" for name in OF_TOKEN), *(f"person.{name}" for name in OF_USER)])
ALIKE = (
    f"SELECT {COLUMNS} FROM conversion_apitoken token "
    "JOIN auth_user person ON person.id = token.user_id WHERE token.token_key = %s AND token.revoked_at IS NULL"
)


def find_token(text: str) -> ApiToken | None:
    """The token of this text, with its user; None where it is unknown, revoked or expired, or its user disabled."""
    if not text.isascii():
        return None
    digest = hash_token(text)
    for token, person in fetched(ApiToken, OF_TOKEN, ALIKE, [text[: CONSTANTS.TOKEN_KEY_LENGTH]]):
        if compare_digest(digest, token.digest):
            token.user = user_of(person)
            alive = token.user.is_active and (token.expiry is None or token.expiry > now())
            return token if alive else None
    return None


def user_of(values: Sequence[Any]) -> User:
    """By OF_USER; what is not in it is fetched when somebody asks."""
    known = dict(zip(OF_USER, values, strict=True))
    known |= {name: bool(known[name]) for name in FLAGS}
    return User.from_db(DEFAULT_DB_ALIAS, OF_USER, list(known.values()))


class TokenAuthentication(KnoxAuthentication):
    """`Authorization: Bearer aos_...`. `request.auth` is the ApiToken. One query, and tokens that expired stay on record."""

    def authenticate_credentials(self, token: bytes) -> tuple[Any, ApiToken]:
        found = find_token(token.decode("latin-1"))
        if found is None:
            raise AuthenticationFailed("The token is unknown, expired or revoked.")
        return found.user, found


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "A token that `create_token` printed."}
