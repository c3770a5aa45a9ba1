"""Agencies and their clients: what people set of them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html

from conversion import access
from conversion.admin.scoped import Scoped, ScopedForm
from conversion.admin.strict import StrictJSON
from conversion.client_settings import check_icp, check_tiers, check_vocabulary
from conversion.models import Agency, Client
from conversion.vocabulary import Role

WORDS = {
    "pain_points": 'A list of {"name": "slow_hiring", "keywords": ["hiring takes months"]}.',
    "ctas": 'A list of {"phrase": "worth a look?", "type": "soft"}.',
    "angles": 'A list of {"name": "ai_first", "keywords": ["agents"]}.',
    "subjects": 'A list of {"name": "asks_for_time", "keywords": ["15 minutes"]}.',
    "flags": "A list of further keywords of the flags that there are.",
}


class AgencyForm(forms.ModelForm):
    class Meta:
        model = Agency
        fields = ("name", "slug", "postal_address", "pooling_enabled")


@admin.register(Agency)
class Agencies(Scoped):
    """Staff see the agencies of their clients; superusers change them."""

    form = AgencyForm
    list_display = ("name", "slug", "pooling_enabled", "created_at")
    search_fields = ("name",)
    ordering = ("name", "pk")
    readonly_fields = ("created_at",)
    actions = None

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        mine = reach.clients().values("agency")
        return queryset if reach.everywhere is not None else queryset.filter(pk__in=mine)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        reach = access.of(request)
        if not self.admin_site.has_permission(request) or (reach.everywhere is None and not reach.roles):
            return False
        return obj is None or self.rows_of(Agency.objects.filter(pk=obj.pk), reach).exists()

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return self.admin_site.has_permission(request) and access.of(request).everywhere is not None

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return self.has_add_permission(request)

    has_module_permission = has_view_permission


class ClientForm(ScopedForm):
    """The vocabulary is edited by its lists."""

    class Meta:
        model = Client
        fields = (
            "agency",
            "name",
            "slug",
            "timezone",
            "subscription_status",
            "is_paused",
            "postal_address",
            "sending_email",
            "sending_phone",
            "icp",
            "als_tiers",
            "holdout_share",
        )
        field_classes: ClassVar[dict[str, Any]] = {"icp": StrictJSON, "als_tiers": StrictJSON}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance.vocabulary if isinstance(self.instance.vocabulary, dict) else {}
        for name in WORDS:
            if name in self.fields:
                self.initial.setdefault(name, stored.get(name, []))

    def clean_icp(self) -> Any:
        check_icp(self.cleaned_data["icp"])
        return self.cleaned_data["icp"]

    def clean_als_tiers(self) -> Any:
        check_tiers(self.cleaned_data["als_tiers"])
        return self.cleaned_data["als_tiers"]

    def clean(self) -> dict[str, Any]:
        # Not ScopedForm's: a client hangs on no client.
        values = forms.ModelForm.clean(self) or self.cleaned_data
        lists = {name: values.get(name) for name in WORDS if name in self.fields}
        if lists and not any(name in self.errors for name in lists):
            added = {name: words for name, words in lists.items() if words not in (None, [], "")}
            before = self.instance.vocabulary if isinstance(self.instance.vocabulary, dict) else {}
            try:
                check_vocabulary(added, before)
            except ValidationError as error:
                self.add_error(None, error)
            else:
                self.instance.vocabulary = added
        return values


for _name, _help in WORDS.items():
    ClientForm.base_fields[_name] = StrictJSON(
        required=False,
        help_text=_help,
        label=_name.replace("_", " "),
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
    )
    ClientForm.declared_fields[_name] = ClientForm.base_fields[_name]


@admin.register(Client)
class Clients(Scoped):
    """A client's admins change what is set of it; superusers add clients. None is deleted: what was learned hangs on it."""

    form = ClientForm
    needs: ClassVar[dict[str, Role | None]] = {"change": Role.ADMIN, "add": None}
    list_display = ("name", "agency", "subscription_status", "is_paused", "timezone", "page")
    list_filter = ("subscription_status", "is_paused")
    list_select_related = ("agency",)
    search_fields = ("name",)
    ordering = ("name", "pk")
    actions = None
    readonly_fields = ("als_learned_weights", "als_weights_updated_at", "conversion_sample_count", "created_at")
    fieldsets = (
        (None, {"fields": ("agency", "name", "slug", "subscription_status", "is_paused", "timezone")}),
        ("Sending", {"fields": ("postal_address", "sending_email", "sending_phone", "holdout_share")}),
        ("Scoring", {"fields": ("icp", "als_tiers", "als_learned_weights", "als_weights_updated_at")}),
        (
            "Vocabulary",
            {
                "fields": tuple(WORDS),
                "description": "What this client adds to the words that texts are read with. Texts stored before are read anew "
                "by a backfill.",
            },
        ),
        ("What is known", {"fields": ("conversion_sample_count", "created_at")}),
    )

    def rows_of(self, queryset: QuerySet, reach: access.Access) -> QuerySet:
        return queryset.filter(pk__in=reach.clients())

    def client_of(self, obj: Any) -> Any:
        return obj.pk

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return self.admin_site.has_permission(request) and access.of(request).everywhere is not None

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        """Addresses of pages hold the slug, and rows of its agency hang on the client."""
        fixed = () if obj is None else ("agency", "slug")
        return (*self.readonly_fields, *fixed)

    @admin.display(description="page")
    def page(self, client: Client) -> str:
        return link("desk:client", client.slug, text="open")


def link(name: str, *args: Any, text: str) -> str:
    """A link to a page of the desk, which stands on a higher floor: only its name is known here."""
    try:
        return format_html('<a href="{}">{}</a>', reverse(name, args=args), text)
    except NoReverseMatch:
        return "–"
