"""Forms of the admin that do what they say through the product's own functions, and tables that agencies share with clients."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from conversion import access
from conversion.addresses import AddressError
from conversion.admin.scoped import Scoped, ScopedForm
from conversion.secrets import CredentialError
from engines.accounts import SetupError
from engines.message import MessageError
from engines.providers.errors import AccountError

REFUSED = (SetupError, AccountError, CredentialError, MessageError, AddressError)
TAKEN = "There is one already, perhaps of somebody else at the agency."


class Acted(ScopedForm):
    """A form whose `act` stores the row by the function that a command or the API calls.

    That function decides as well whether it may be done, so it is called where an error can still be told; what it did is part
    of the transaction that the admin answers in.
    """

    reach: access.Access
    done: Any = None

    @property
    def is_new(self) -> bool:
        return bool(self.instance._state.adding)  # noqa: SLF001 (public in all but name)

    def act(self, values: dict[str, Any]) -> Model:
        """Store what was given, and return the row. Raises REFUSED, or ValidationError, which names the field."""
        raise NotImplementedError

    def field_of(self, error: Exception) -> str | None:
        """Where an error belongs that names no field by itself."""
        return next((name for name in self.fields if str(error).startswith(name)), None)

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        for name, value in list(self.cleaned_data.items()):
            if isinstance(value, str) and not "".join(value.splitlines()).isprintable():
                self.add_error(name, "Printable characters are wanted.")
        return given

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc] # not in the stubs
        if self.errors:
            return
        try:
            with transaction.atomic():
                self.done = self.act(self.cleaned_data)
        except ValidationError as error:
            for name, texts in (error.message_dict if hasattr(error, "error_dict") else {"": error.messages}).items():
                self.add_error(name if name in self.fields else None, texts)
        except REFUSED as error:
            text = str(error)
            self.add_error(self.field_of(error), f"{text[:1].upper()}{text[1:]}.".replace("..", "."))
        except IntegrityError:
            self.add_error(None, TAKEN)

    def save(self, commit: bool = True) -> Any:  # noqa: ARG002 (Django's signature)
        self.save_m2m = nothing  # type: ignore[method-assign] # as Django's own does
        return self.done


def nothing() -> None:
    """There are no rows beside this one."""


class Acting(Scoped):
    """A table whose forms are `Acted`."""

    form = Acted
    show_facets = admin.ShowFacets.NEVER  # they count every row
    secret_title = ""

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        made: Any = super().get_form(request, obj, change=change, **kwargs)
        made.reach = access.of(request)
        return made

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:
        """The form did."""

    def allowed(self, request: Any, rows: QuerySet) -> list[Any]:
        """Those of the chosen rows that the caller may change; the others are told of."""
        chosen = list(rows)
        mine = [row for row in chosen if self.has_change_permission(request, row)]
        if len(mine) < len(chosen):
            self.message_user(request, f"{len(chosen) - len(mine)} of them you may not change.", messages.WARNING)
        return mine

    def shown_once(self, request: Any, obj: Any, address: str, secret: str) -> TemplateResponse:
        """A page with a secret, which nothing keeps but the browser's window."""
        named = {"title": self.secret_title, "object": obj, "address": address, "secret": secret, "opts": self.opts}
        answer = TemplateResponse(request, "admin/secret.html", {**self.admin_site.each_context(request), **named})
        return never_cache(lambda _: answer)(request)


class Shared(Acting):
    """A table whose rows are a client's own, or its agency's: those its staff sees, and superusers alone change."""

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        if reach.everywhere is not None:
            return queryset
        of_agency = Q(client=None, agency__in=reach.clients().values("agency"))
        return queryset.filter(Q(client__in=reach.clients()) | of_agency)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is None or self.client_of(obj) is not None:
            return super().has_view_permission(request, obj)
        return self._may(request, "view") and self.get_queryset(request).filter(pk=obj.pk).exists()


class Owned(Acted):
    """A form of a row that is a client's, or, by a superuser's hand, all clients' of an agency."""

    def owner(self, values: dict[str, Any]) -> Any:
        """The client, or the agency. Raises ValidationError."""
        client, agency = values.get("client"), values.get("agency")
        if client is not None:
            if agency is not None and agency.pk != client.agency_id:
                raise ValidationError({"agency": "The client is one of another agency."})
            return client
        if agency is None or self.reach.everywhere is None:
            raise ValidationError({"client": "Choose a client."})
        return agency
