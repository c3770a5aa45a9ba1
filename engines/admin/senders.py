"""Mailboxes, numbers and seats that clients send from."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction

from conversion.admin.audited import note
from conversion.admin.long import OfClient
from conversion.clock import database_now
from conversion.models import Sender
from conversion.tenancy import across_clients
from conversion.vocabulary import Role
from engines import reputation
from engines.accounts import LARGEST_CAP, account_for, set_sender
from engines.admin.acting import Acted, Acting


class SenderForm(Acted):
    def act(self, values: dict[str, Any]) -> Sender:
        row, is_new = self.instance, self.is_new
        about: Any = values if is_new else vars(row) | {"client": row.client}
        client, channel, address = (about[name] for name in ("client", "channel", "address"))
        account = values["account"]
        if account is not None:
            account = account_for(client, account.name, channel)
        columns = {name: values[name] for name in ("ramp_started_on", "is_active")} | {"account": account}
        sender, made = set_sender(
            client, address, None, values["display_name"], values["daily_cap"], channel, **columns
        )
        if is_new and not made:
            raise ValidationError(
                {"address": "The client has a sender of this address on this channel: change that one."}
            )
        return sender

    def clean_daily_cap(self) -> int:
        cap: int = self.cleaned_data["daily_cap"]
        if cap > LARGEST_CAP:
            raise ValidationError(f"Give a number from 0 to {LARGEST_CAP:,}.")
        return cap

    def field_of(self, error: Exception) -> str | None:
        text = str(error)
        if "account" in text and not text.startswith("address"):
            return "account"
        found = {"name": "display_name", "daily cap": "daily_cap"}
        begun = next((field for begin, field in found.items() if text.startswith(begin)), None)
        return begun or super().field_of(error) or ("address" if "address" in self.fields else None)


@admin.register(Sender)
class Senders(Acting):
    form = SenderForm
    needs: ClassVar[Mapping[str, Role | None]] = {}
    list_display = ("address", "channel", "client", "account", "daily_cap", "ramp_started_on", "is_active", "paused_at")
    list_filter = (OfClient, "channel", "is_active")
    list_select_related = ("client", "account")
    search_fields = ("address",)
    ordering = ("-id",)
    actions = ("pause", "resume")
    FIELDS = ("client", "channel", "address", "display_name", "account", "daily_cap", "ramp_started_on", "is_active")
    STATE = ("paused_at", "pause_reason", "watched_since")

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        state = [("Pause", {"fields": self.STATE, "description": "Pause and resume it by the actions of the list."})]
        return [(None, {"fields": self.FIELDS}), *(state if obj else [])]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        return (*self.STATE, *(("client", "channel", "address") if obj else ()))

    @admin.action(description="Pause: nothing goes out from them", permissions=["change"])
    def pause(self, request: Any, queryset: Any) -> None:
        count = 0
        for sender in self.allowed(request, queryset):
            with transaction.atomic():
                if reputation.pause(sender, database_now(), f"by hand, by {request.user.get_username()}"[:255]):
                    note(request, "pause", sender)
                    count += 1
        self.message_user(request, f"Paused: {count}.")

    @admin.action(description="Resume: they send again, and bounces are counted anew", permissions=["change"])
    def resume(self, request: Any, queryset: Any) -> None:
        count = 0
        for sender in self.allowed(request, queryset):
            if sender.paused_at is None:
                continue
            with transaction.atomic(), across_clients("dispatch"):
                reputation.resume(sender, database_now())
                note(request, "resume", sender)
            count += 1
        self.message_user(request, f"Resumed: {count}.")
