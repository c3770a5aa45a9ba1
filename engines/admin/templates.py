"""Texts that touches are written from, by the rules of `set_template` and the API."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages

from conversion.admin.long import OfClient
from conversion.admin.scoped import Scoped, ScopedForm
from conversion.models import MessageTemplate
from conversion.vocabulary import Role
from engines.running import queue_written
from engines.texts.templates import MOST_TOUCHES, VARIANT_LENGTH, check_template, set_template

PLACE = ("client", "channel", "touch_number", "variant")


class TemplateForm(ScopedForm):
    class Meta:
        model = MessageTemplate
        fields = (*PLACE, "subject", "body", "is_active")
        help_texts: ClassVar[dict[str, str]] = {
            "touch_number": f"1 to {MOST_TOUCHES}.",
            "variant": "Variants of one touch are tried against each other.",
            "subject": "Of an e-mail alone. Empty: a follow-up answers the e-mail before it.",
        }

    def clean(self) -> dict[str, Any] | None:
        values = super().clean() or self.cleaned_data
        channel = values.get("channel") or self.instance.channel
        for field, reasons in check_template(values.get("subject") or "", values.get("body") or "", channel).items():
            if field in self.fields and field not in self.errors:
                self.add_error(field, [f"It {reason}." for reason in reasons])
        number, variant = values.get("touch_number"), values.get("variant")
        if number is not None and not 1 <= number <= MOST_TOUCHES:
            self.add_error("touch_number", f"A plan has touches 1 to {MOST_TOUCHES}.")
        if variant is not None and (not variant.isprintable() or variant != variant.strip()):
            self.add_error("variant", f"A name of 1 to {VARIANT_LENGTH} printable characters, such as a.")
        return values


@admin.register(MessageTemplate)
class Templates(Scoped):
    """Touches that are held for want of a text move on when it is there; what is queued already keeps its text."""

    form = TemplateForm
    needs: ClassVar[dict[str, Role | None]] = {"delete": Role.OPERATOR}
    list_display = ("__str__", "client", "channel", "touch_number", "variant", "subject", "is_active")
    list_filter = (OfClient, "channel", "is_active")
    list_select_related = ("client",)
    ordering = ("-pk",)
    readonly_fields = ("created_at",)
    actions = None

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """What learning knows of a text hangs on its place."""
        given = super().get_readonly_fields(request, obj)
        return given if obj is None else tuple(dict.fromkeys((*given, *PLACE)))

    def save_model(self, request: Any, obj: MessageTemplate, form: forms.ModelForm, change: bool) -> None:  # noqa: ARG002 (Django's signature)
        stored, _new = set_template(
            obj.client,
            obj.channel,
            obj.touch_number,
            obj.variant,
            subject=obj.subject,
            body=obj.body,
            is_active=obj.is_active,
        )
        obj.pk, obj.created_at = stored.pk, stored.created_at
        moved = queue_written(obj.client, obj.channel, obj.touch_number) if obj.is_active else 0
        if moved:
            self.message_user(request, f"Touches that waited for a text and move on: {moved}.", messages.INFO)
