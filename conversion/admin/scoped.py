"""Rows of clients in the admin: whoever looks is shown rows of clients of theirs, in lists, choices, actions and inlines.

Rights follow from the role at the row's client (`conversion.access`), not from Django's permissions: viewers see, operators
change, and what a table says otherwise in `needs`. Each change is noted in the audit log.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import JSONField, Model, Q, QuerySet
from django.http import HttpResponseRedirect

from conversion import access
from conversion.admin.audited import Audited
from conversion.admin.paging import BoundedPaginator
from conversion.admin.strict import StrictJSON, is_storable
from conversion.models import Agency, Client
from conversion.tenancy import ClientRow
from conversion.vocabulary import Role

MINE = "_access"  # an attribute of forms: what the caller may do


class ScopedForm(forms.ModelForm):
    """Refuses a row that hangs on another client's row, by the field that does."""

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        values = given if given is not None else self.cleaned_data
        client = values.get("client") or (self.instance.client_id and self.instance.client)
        for name, value in list(values.items()):
            if client and isinstance(value, Model) and not isinstance(value, Client):
                other = getattr(value, "client_id", None)
                if other is not None and other != client.pk:
                    self.add_error(name, "This belongs to another client.")
        return given


class Scoped(Audited):
    """needs: the role for each of view, add, change and delete; None: nobody does it here."""

    form: type[forms.ModelForm] = ScopedForm
    needs: ClassVar[Mapping[str, Role | None]] = {}
    paginator = BoundedPaginator
    formfield_overrides: ClassVar[Any] = {JSONField: {"form_class": StrictJSON}}
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 50

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        """Which rows somebody may see. Those of a client; a table whose rows hang on anything else says so here."""
        return queryset.filter(client__in=reach.clients(self.needs.get("view") or Role.VIEWER))

    def client_of(self, obj: Any) -> Any:
        """Id of the client whose roles count; None: the server's own, for superusers."""
        return getattr(obj, "client_id", None)

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """A filter with a NUL in it would break the query."""
        if not all(is_storable(text) for pair in request.GET.items() for text in pair):
            self.message_user(
                request, "The address holds what no row can hold, so all rows are shown.", messages.WARNING
            )
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: Any, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return super().get_search_results(request, queryset, search_term.replace("\0", ""))

    def get_queryset(self, request: Any) -> QuerySet:
        return self.rows_of(super().get_queryset(request), access.of(request))

    def _may(self, request: Any, what: str, obj: Any = None) -> bool:
        role = {"view": Role.VIEWER, "add": Role.OPERATOR, "change": Role.OPERATOR, "delete": None, **self.needs}[what]
        if role is None or not self.admin_site.has_permission(request):
            return False
        reach = access.of(request)
        if obj is None:
            ids = reach.ids(role)
            return ids is None or bool(ids)
        client = self.client_of(obj)
        return reach.everywhere is not None if client is None else reach.may(client, role)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (inlines bring an obj)
        return self._may(request, "add")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def has_module_permission(self, request: Any) -> bool:
        return self._may(request, "view")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """A row stays its client's."""
        given = tuple(super().get_readonly_fields(request, obj))
        fixed = () if obj is None or "client" in given or not hasattr(obj, "client_id") else ("client",)
        return (*given, *fixed)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if "queryset" not in kwargs and (mine := self.choices(db_field.remote_field.model, request)) is not None:
            kwargs["queryset"] = mine
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if "queryset" not in kwargs and (mine := self.choices(db_field.remote_field.model, request)) is not None:
            kwargs["queryset"] = mine
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def choices(self, model: type[Model], request: Any) -> QuerySet | None:
        """Rows that may be chosen: of clients at which the caller may change this table. None: no client owns them."""
        reach, role = access.of(request), self.needs.get("change") or Role.OPERATOR
        rows: QuerySet = model._default_manager.all()
        if model is Client:
            return reach.clients(role)
        if model is Agency:
            return rows.filter(clients__in=reach.clients(role)).distinct() if reach.everywhere is None else rows
        if issubclass(model, ClientRow):
            return rows.filter(client__in=reach.clients(role))
        if {"client", "agency"} <= {field.name for field in model._meta.get_fields()}:
            shared = Q(client=None) & (Q(agency=None) | Q(agency__clients__in=reach.clients()))
            return rows.filter(Q(client__in=reach.clients(role)) | shared).distinct()
        return None


class ReadOnly(Scoped):
    """A table that is looked at alone: its rows are made and changed by what happens."""

    needs: ClassVar[Mapping[str, Role | None]] = {"add": None, "change": None}
