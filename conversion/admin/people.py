"""People: who signs in, what they may do at which clients, and the tokens of their programs. Second factors are nobody's to
see.
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from knox.models import get_token_model

from conversion.account import second_factor
from conversion.admin.audited import Audited, note
from conversion.admin.scoped import Scoped, ScopedForm
from conversion.api import tokens
from conversion.models import ApiToken, Membership
from conversion.vocabulary import Role

User = get_user_model()


class OfServer(Audited):
    """Tables of the server's own, for superusers alone; a permission of Django's opens none of them."""

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return bool(request.user.is_active and request.user.is_superuser)

    has_add_permission = has_change_permission = has_delete_permission = has_module_permission = has_view_permission


class Users(OfServer, UserAdmin):
    """People are disabled, not deleted: the log speaks of them."""

    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Who it is", {"fields": ("first_name", "last_name", "email")}),
        (
            "What they see",
            {
                "fields": ("is_active", "is_staff", "is_superuser"),
                "description": "Staff see the tables of their clients beside the pages, superusers everything. What somebody "
                "may do at a client is a membership.",
            },
        ),
        ("When", {"fields": ("last_login", "date_joined")}),
    )
    actions = ("remove_second_factor",)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    @admin.action(description="Remove two-factor authentication (a device is lost)")
    @transaction.atomic
    def remove_second_factor(self, request: Any, queryset: QuerySet) -> None:
        removed = [user for user in queryset if second_factor.remove(user)]
        for user in removed:
            note(request, "remove two-factor", user)
        self.message_user(request, f"Removed for {len(removed)}. They sign in by password until they set it up again.")

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:
        """Of a password only that it changed."""
        made = super().construct_change_message(request, form, formsets, add)
        if "password" in form.changed_data and not add:
            request._changes["password"] = ("old", "new")  # noqa: SLF001 (what the log needs; it keeps no text)
        return made


class MembershipForm(ScopedForm):
    """A person is named in full: nobody is shown who else has an account here."""

    person = forms.CharField(max_length=150, help_text="The name by which the person signs in, in full.")

    # One field: the two of Django's admin have no labels.
    accepted_at = forms.DateTimeField(required=False, help_text="In UTC. Empty: not accepted yet, and opens nothing.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and not self.instance._state.adding:  # noqa: SLF001 (Django's own way to tell)
            self.fields.pop("person", None)
        elif "accepted_at" in self.fields:
            self.fields["accepted_at"].initial = now

    def clean(self) -> dict[str, Any] | None:
        given = super().clean()
        name, client = self.cleaned_data.get("person"), self.cleaned_data.get("client")
        if name:
            found = User.objects.filter(username=name, is_active=True).first()
            if found is None:
                self.add_error("person", "Nobody signs in by this name. Whoever runs this server makes accounts.")
            elif client and Membership.objects.filter(user=found, client=client).exists():
                self.add_error("person", "This person has a role at the client already: change that one.")
            else:
                self.instance.user = found
        return given


@admin.register(Membership)
class Memberships(Scoped):
    """A client's admins say who may do what there. One that was not accepted opens nothing."""

    needs = dict.fromkeys(("view", "add", "change", "delete"), Role.ADMIN)
    form = MembershipForm
    list_display = ("user", "client", "role", "accepted_at")
    list_filter = ("role", ("client", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("user", "client")
    search_fields = ("=user__username",)
    ordering = ("client__name", "user__username")

    def get_fields(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        return ("person" if obj is None else "user", "client", "role", "accepted_at")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        return (*super().get_readonly_fields(request, obj), *(() if obj is None else ("user",)))


@admin.register(ApiToken)
class Tokens(Audited):
    """Superusers see everybody's, staff their own. What was issued is changed by nobody: it is revoked, and stays on record."""

    list_display = ("name", "user", "role", "scope", "created", "expiry", "state")
    list_filter = ("role",)
    list_select_related = ("user",)
    search_fields = ("=user__username",)
    ordering = ("-id",)
    fields = ("name", "user", "role", "scope", "created", "expiry", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def get_queryset(self, request: Any) -> QuerySet:
        rows = super().get_queryset(request).prefetch_related("clients")
        return rows if request.user.is_superuser else rows.filter(user=request.user)

    @admin.display(description="clients")
    def scope(self, token: ApiToken) -> str:
        return "all of the person's" if token.everywhere else ", ".join(client.slug for client in token.clients.all())

    @admin.display(description="state")
    def state(self, token: ApiToken) -> str:
        if token.revoked_at:
            return f"revoked {token.revoked_at:%Y-%m-%d}"
        return "expired" if token.expiry and token.expiry <= now() else "in use"

    @admin.action(description="Revoke: from now on nobody is let in by it", permissions=["revoke"])
    @transaction.atomic
    def revoke(self, request: Any, queryset: QuerySet) -> None:
        live = list(queryset.filter(revoked_at=None).order_by("pk"))
        for token in live:
            tokens.revoke(token)
            note(request, "revoke", token)
        self.message_user(request, f"Revoked: {len(live)}.", messages.SUCCESS)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        mine = obj is None or request.user.is_superuser or obj.user_id == request.user.pk
        return self.admin_site.has_permission(request) and mine

    has_revoke_permission = has_module_permission = has_view_permission

    def has_add_permission(self, request: Any) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:  # noqa: ARG002 (Django's signature)
        return False

    has_delete_permission = has_change_permission


for theirs in (User, Group, Authenticator, EmailAddress, get_token_model()):
    if theirs is not ApiToken and admin.site.is_registered(theirs):
        admin.site.unregister(theirs)
admin.site.register(User, Users)
