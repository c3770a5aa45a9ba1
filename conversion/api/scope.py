"""A client that a request names, by id or slug: in its path, its query or its body."""

import uuid
from typing import Any

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
