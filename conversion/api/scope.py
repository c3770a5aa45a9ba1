"""A client that a request names, by id or slug: in its path, its query or its body."""

import uuid
from typing import Any

from django.db.models import Model
from rest_framework.exceptions import NotFound, PermissionDenied

from conversion import access
from conversion.models import Client
from conversion.vocabulary import Role


def client_or_404(request: Any, ref: str | uuid.UUID, role: Role = Role.VIEWER) -> Client:
    """The client. Raises NotFound where there is none that the caller may see, PermissionDenied where its role is too low."""
    try:
        return access.of(request).client(ref, role)
    except access.NoSuchClient as error:
        raise NotFound(str(error)) from error
    except access.NotAllowed as error:
        raise PermissionDenied(str(error)) from error


def row_or_404(request: Any, model: type[Model], row_id: uuid.UUID, role: Role = Role.VIEWER) -> Any:
    """The row of a client's that a request names. Raises NotFound, also of a client that the caller may not see, and
    PermissionDenied.
    """
    reach = access.of(request)
    found: Any = model._default_manager.filter(client__in=reach.clients(), pk=row_id).first()
    if found is None:
        raise NotFound(f"There is no {model._meta.verbose_name} {row_id}.")
    if not reach.may(found.client_id, role):
        raise PermissionDenied(f"This needs the role {role} at the client.")
    return found
