"""Who may do what at which clients: the one place where it is worked out, for people who signed in and for tokens.

A token never opens more than its person may open now: whoever loses a membership, or is made a viewer, loses it by every token.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.timezone import now

from conversion import walls
from conversion.models import ApiToken, Client
from conversion.models.client import ClientQuerySet
from conversion.vocabulary import Role

RANK = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}
SLUG_LENGTH = 80


class NoSuchClient(LookupError):  # noqa: N818 (it says what is wrong)
    """No client goes by that id or slug, or none that the caller may know of: nobody is told which."""


class NotAllowed(PermissionError):  # noqa: N818 (it says what is wrong)
    """The caller sees the client, and its role is too low; the message says which one is needed."""


@dataclass(frozen=True)
class Access:
    """roles: by the ids of clients. everywhere: the role at every client there is, None: only `roles` count."""

    roles: Mapping[uuid.UUID, Role] = field(default_factory=dict)
    everywhere: Role | None = None

    def role_at(self, client_id: uuid.UUID) -> Role | None:
        return self.everywhere or self.roles.get(client_id)

    def may(self, client_id: uuid.UUID, role: Role) -> bool:
        held = self.role_at(client_id)
        return held is not None and RANK[held] >= RANK[role]

    def ids(self, role: Role = Role.VIEWER) -> list[uuid.UUID] | None:
        """The clients at which the caller has at least this role; None: all there are."""
        if self.everywhere is not None:
            return None if RANK[self.everywhere] >= RANK[role] else []
        return [client_id for client_id, held in self.roles.items() if RANK[held] >= RANK[role]]

    def clients(self, role: Role = Role.VIEWER) -> ClientQuerySet:
        """Those of them that are not deleted. Rows of theirs: `.filter(client__in=access.clients())`."""
        present, ids = Client.objects.filter(deleted_at__isnull=True), self.ids(role)
        return present if ids is None else present.filter(pk__in=ids)

    def client(self, ref: str | uuid.UUID, role: Role = Role.VIEWER) -> Client:
        """The client of this id or slug. Raises NoSuchClient and NotAllowed."""
        found = self.clients().filter(**named(ref)).first()
        if found is None:
            raise NoSuchClient(f"There is no client {str(ref)[:SLUG_LENGTH]!r}.")
        if not self.may(found.pk, role):
            raise NotAllowed(f"This needs the role {role} at the client {found.slug}.")
        return found


def named(ref: str | uuid.UUID) -> dict[str, Any]:
    """A filter for the client of this id or slug."""
    try:
        return {"pk": ref if isinstance(ref, uuid.UUID) else uuid.UUID(ref)}
    except ValueError:
        return {"slug": str(ref).replace("\0", "\ufffd")[: SLUG_LENGTH + 1]}  # PostgreSQL takes no NUL even to compare


def of_user(user: Any) -> Access:
    """What a person may do: by accepted memberships; a superuser everything."""
    if not user.is_active:
        return Access()
    if user.is_superuser:
        return Access(everywhere=Role.ADMIN)
    return Access(_memberships(user))


def of_token(token: ApiToken, at: datetime | None = None) -> Access:
    """What a token opens: nothing once it is revoked or expired, or its person disabled."""
    user = token.user
    if not user.is_active or token.revoked_at or (token.expiry and token.expiry <= (at or now())):
        return Access()
    limit = Role(token.role)
    through = ApiToken.clients.through.objects.filter(apitoken=token)
    if user.is_superuser:
        if token.everywhere:
            return Access(everywhere=limit)
        return Access(dict.fromkeys(through.values_list("client_id", flat=True), limit))
    roles = _memberships(user, None if token.everywhere else token)
    return Access({client_id: min(role, limit, key=RANK.__getitem__) for client_id, role in roles.items()})


# Asked for at every call: as SQL, since Django takes five times as long to make it as a database does to answer it. No join to
# the clients: on PostgreSQL none of them is visible before it is known which may be.
ACCEPTED = "SELECT client_id, role FROM conversion_membership WHERE user_id = %s AND accepted_at IS NOT NULL"
OF_TOKEN = f"{ACCEPTED} AND client_id IN (SELECT client_id FROM conversion_apitoken_clients WHERE apitoken_id = %s)"


def _memberships(user: Any, token: ApiToken | None = None) -> dict[uuid.UUID, Role]:
    """token: whose clients alone count."""
    of_token = [] if token is None else [token._meta.pk.get_db_prep_value(token.pk, connection)]
    with connection.cursor() as cursor:
        cursor.execute(OF_TOKEN if of_token else ACCEPTED, [user.pk, *of_token])
        return {uuid.UUID(str(client_id)): Role(role) for client_id, role in cursor.fetchall()}


def entered(user: Any, token: ApiToken | None = None) -> Access:
    """What a caller may do. From here on PostgreSQL shows the rows of these clients alone (`conversion.walls`)."""
    walls.show(user.pk)
    known = of_user(user) if token is None else of_token(token)
    walls.show(user.pk, known.ids())
    return known


def of(request: Any) -> Access:
    """Of an authenticated request, worked out once. request: Django's, or REST framework's, whose `auth` may be a token."""
    plain = getattr(request, "_request", request)
    known: Access | None = getattr(plain, "_access", None)
    if known is None:
        token = getattr(request, "auth", None)
        known = entered(request.user, token if isinstance(token, ApiToken) else None)
        plain._access = known  # noqa: SLF001 (a request carries what was learned of it)
    return known
