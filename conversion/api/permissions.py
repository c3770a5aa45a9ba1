"""What a caller's role lets it do. Nobody is told of a client that it may not see: there is no such thing (404), never 403."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS, BasePermission

from conversion import access
from conversion.vocabulary import Role


def role_needed(request: Any, view: Any) -> Role:
    """What the view says of its action or method; else viewers read, and operators act."""
    needs = getattr(view, "needs", {})
    for name in (getattr(view, "action", None), str(request.method).lower()):
        if name in needs:
            return Role(needs[name])
    return Role.VIEWER if request.method in SAFE_METHODS else Role.OPERATOR


class RoleAtClient(BasePermission):
    """Whoever signed in may call. Of an object, its client decides: the view's queryset has left out what may not be seen."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated)

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        client_id = getattr(obj, "client_id", obj.pk)
        role = role_needed(request, view)
        if not access.of(request).may(client_id, role):
            raise PermissionDenied(f"This needs the role {role} at the client.")
        return True
