"""Who must not be written to. Values are taken as people write them; those of people who asked to be forgotten stay."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet

from conversion import access
from conversion.admin.long import LONGEST_SEARCH
from conversion.admin.scoped import Scoped
from conversion.entries import UnusableEntry, entry
from conversion.entries import suppress as put
from conversion.models import Suppression
from conversion.suppressions import is_hashed
from conversion.vocabulary import Role


class SuppressionForm(forms.ModelForm):
    """One value; its kind follows from it."""

    class Meta:
        model = Suppression
        fields = ("client", "value", "reason")
        help_texts: ClassVar[dict[str, str]] = {
            "client": "Empty, for superusers: it holds for everybody on this server.",
            "value": "An e-mail address, a domain with its subdomains, a number (+61 ...) or a LinkedIn profile.",
        }

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "value" in values:
            try:
                self.instance.kind, self.instance.value = values["kind"], values["value"] = entry(values["value"])
            except UnusableEntry as error:
                raise ValidationError({"value": str(error)}) from error
        return values

    def validate_unique(self) -> None:
        """What stands on the list already stays there, and is no mistake."""

    def _get_validation_exclusions(self) -> set[str]:
        return {*super()._get_validation_exclusions(), "agency"}  # type: ignore[misc] # not in the stubs


@admin.register(Suppression)
class Suppressions(Scoped):
    """A client's own lists; superusers see those of agencies and of everybody as well."""

    form = SuppressionForm
    needs: ClassVar[dict[str, Role | None]] = {"change": None, "delete": Role.ADMIN}
    list_display = ("value", "kind", "client", "agency", "reason", "created_at")
    list_filter = ("kind",)
    list_select_related = ("client", "agency")
    ordering = ("value", "kind")
    search_fields = ("value",)
    search_help_text = "An address, number, domain or profile, in full."
    sortable_by = ()
    actions = None

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        return queryset if reach.everywhere is not None else queryset.filter(client__in=reach.clients())

    def get_search_results(self, request: Any, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:  # noqa: ARG002 (Django's signature)
        term = search_term.replace("\0", "").strip()[:LONGEST_SEARCH]
        if not term:
            return queryset, False
        try:
            kind, value = entry(term)
        except UnusableEntry:
            return queryset.filter(value=term), False
        return queryset.filter(Q(kind=kind, value=value) | Q(value=term)), False

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "client" and field is not None:
            field.required = access.of(request).everywhere is None
        return field

    def save_model(self, request: Any, obj: Suppression, form: Any, change: bool) -> None:  # noqa: ARG002 (as above)
        put([obj.value], client=obj.client, reason=obj.reason)
        stored = Suppression.objects.get(client=obj.client, agency=None, kind=obj.kind, value=obj.value)
        obj.pk, obj.reason, obj.created_at = stored.pk, stored.reason, stored.created_at
        obj._state = stored._state  # noqa: SLF001 (it is that row now)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and is_hashed(obj.value))
