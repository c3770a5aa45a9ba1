"""Who calls: a program by a token, or a person by the session of the admin."""

from hmac import compare_digest
from typing import Any

from django.utils.timezone import now
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework.exceptions import AuthenticationFailed

from conversion.models import ApiToken


def find_token(text: str) -> ApiToken | None:
    """The token of this text, with its user; None where it is unknown, revoked or expired, or its user disabled."""
    if not text.isascii():
        return None
    digest = hash_token(text)
    alike = ApiToken.objects.filter(token_key=text[: CONSTANTS.TOKEN_KEY_LENGTH], revoked_at=None)
    for token in alike.select_related("user"):
        if compare_digest(digest, token.digest):
            alive = token.user.is_active and (token.expiry is None or token.expiry > now())
            return token if alive else None
    return None


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
