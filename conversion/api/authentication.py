"""Who calls: a program by a token, or a person by the session of the admin."""

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

from conversion.models import ApiToken

# Asked for at every call: as SQL, since Django takes five times as long to make it as a database does to answer it.
FLAGS = ("is_active", "is_staff", "is_superuser")
OF_USER = tuple(
    field.attname for field in User._meta.concrete_fields if field.name in {"id", "username", "password", *FLAGS}
)
ALIKE = (
    f"SELECT token.*, {', '.join(f'person.{name} AS whose_{name}' for name in OF_USER)} FROM conversion_apitoken token "
    "JOIN auth_user person ON person.id = token.user_id WHERE token.token_key = %s AND token.revoked_at IS NULL"
)


def find_token(text: str) -> ApiToken | None:
    """The token of this text, with its user; None where it is unknown, revoked or expired, or its user disabled."""
    if not text.isascii():
        return None
    digest = hash_token(text)
    for token in ApiToken.objects.raw(ALIKE, [text[: CONSTANTS.TOKEN_KEY_LENGTH]]):
        if compare_digest(digest, token.digest):
            token.user = user_of(token)
            alive = token.user.is_active and (token.expiry is None or token.expiry > now())
            return token if alive else None
    return None


def user_of(token: ApiToken) -> User:
    """Of a row of ALIKE; what is not in it is fetched when somebody asks."""
    values = {name: getattr(token, f"whose_{name}") for name in OF_USER}
    values |= {name: bool(values[name]) for name in FLAGS}
    return User.from_db(DEFAULT_DB_ALIAS, OF_USER, list(values.values()))


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
