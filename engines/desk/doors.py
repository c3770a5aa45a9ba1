"""What every page begins with: who looks, which client's page it is, and the frame around it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import SimpleLazyObject
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from conversion import access
from conversion.models import Client
from conversion.vocabulary import Role
from engines.desk.badges import badges

View = TypeVar("View", bound=Callable[..., Any])


def page(*methods: str) -> Callable[[View], View]:
    """A page for whoever signed in; anybody else is asked to. methods: those it answers, GET unless told."""

    def door(view: View) -> View:
        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            return view(request, *args, **kwargs)

        return never_cache(require_http_methods(["HEAD", *(methods or ("GET",))])(opened))  # type: ignore[return-value]

    return door


def client_or_404(request: HttpRequest, ref: str, role: Role = Role.VIEWER) -> Client:
    """The client of a page. Raises Http404 where there is none that the caller may see, PermissionDenied where its role is
    too low.
    """
    try:
        return access.of(request).client(ref, role)
    except access.NoSuchClient as error:
        raise Http404(str(error)) from error
    except access.NotAllowed as error:
        raise PermissionDenied(str(error)) from error


def row_or_404(request: HttpRequest, model: type[Model], row_id: UUID, role: Role = Role.VIEWER, *related: str) -> Any:
    """A client's row, with `related` rows; raises as `client_or_404` does."""
    reach = access.of(request)
    rows = model._default_manager.select_related("client", *related)
    found: Any = rows.filter(client__in=reach.clients(), pk=row_id).first()
    if found is None:
        raise Http404(f"There is no {model._meta.verbose_name} {row_id}.")
    if not reach.may(found.client_id, role):
        raise PermissionDenied(f"This needs the role {role} at the client {found.client.slug}.")
    return found


def shown(request: HttpRequest, template: str, title: str, status: int = 200, **context: Any) -> HttpResponse:
    """A page in the frame of the site. template: a name below `templates/desk/`."""
    waits = SimpleLazyObject(lambda: badges(request))
    frame = {**admin.site.each_context(request), "title": title, "badges": waits, **context}
    return render(request, f"desk/{template}", frame, status=status)
