"""Accounts at providers. A form asks for what the provider's module asks for; credentials go in and are never shown again."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conversion.admin.long import OfClient
from conversion.models import ProviderAccount
from conversion.secrets import CredentialError, credentials_of
from conversion.vocabulary import Channel, Role
from engines.accounts import SECRET, SetupError, read_credentials, read_options, set_account
from engines.admin.acting import Owned, Shared
from engines.outbox.limits import OPENS_AT
from engines.providers.asks import MEANING, SERVICES, Asks, asks, is_known, kinds
from engines.webhooks import addresses

OPTION, CREDENTIAL = "option_", "credential_"  # begin the names of fields
MORE_OPTIONS, MORE_CREDENTIALS = "more_options", "more_credentials"
LONGEST = 2000  # characters of a value
LINES = "One a line, as NAME=value."


class AccountForm(Owned):
    """channel, kind: of a new account. asked: what its fields were made from."""

    channel = kind = ""
    asked: ClassVar[Asks] = Asks((), ())

    def act(self, values: dict[str, Any]) -> ProviderAccount:
        row, is_new = self.instance, self.is_new
        client, agency = (row.client, row.agency)
        if is_new:
            owner = self.owner(values)
            client, agency = (owner, owner.agency) if values.get("client") else (None, owner)
            taken = ProviderAccount.objects.filter(agency=agency, channel=self.channel, name=values["name"])
            if taken.exists():
                raise ValidationError(
                    {"name": "The agency has an account of this name for the channel: choose another."}
                )
        if agency is None:
            raise SetupError(
                "the server's own default provider is set by its environment (EMAIL_PROVIDER and the like)"
            )
        options, without = self.options(values)
        channel, kind, name = (self.channel, self.kind, values["name"]) if is_new else (row.channel, row.kind, row.name)
        active = values["is_active"]
        given = self.credentials(values)
        return set_account(agency, client, channel, name, kind, options, given, is_active=active, without=without)[0]

    def options(self, values: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
        """What is given, and the names of what was emptied."""
        if self.asked.is_open:
            given = read_options(values[MORE_OPTIONS].splitlines())
            return given, [name for name in self.instance.options if name not in given]
        fields = {name: values[OPTION + name] for name in self.asked.options}
        return {name: text for name, text in fields.items() if text}, [
            name for name, text in fields.items() if not text
        ]

    def credentials(self, values: Mapping[str, Any]) -> dict[str, str] | None:
        """All that is to be stored, or None to leave them as they are."""
        if self.asked.is_open:
            text = values[MORE_CREDENTIALS]
            given = read_credentials(text) if text.strip() else {}
        else:
            given = {name: values[CREDENTIAL + name] for name in self.asked.credentials if values[CREDENTIAL + name]}
        return {**stored(self.instance), **given} if given else None

    def field_of(self, error: Exception) -> str | None:
        """The account's functions name an option or a credential in the midst of a sentence."""
        words = str(error).replace(":", " ").replace("'", " ").split()
        after = [
            name for what, name in pairwise(words) if what in {"option", "credential"}
        ]  # what it is about, first of all
        for word in [*after, *words]:
            for field in (OPTION + word, CREDENTIAL + word):
                if field in self.fields:
                    return field
        if str(error).startswith("credentials") and MORE_CREDENTIALS in self.fields:
            return MORE_CREDENTIALS
        return MORE_OPTIONS if MORE_OPTIONS in self.fields and "option" in words else super().field_of(error)


def stored(account: ProviderAccount) -> dict[str, str]:
    """What is kept; nothing where it cannot be read any more: then all of it is entered anew."""
    try:
        return credentials_of(account)
    except CredentialError:
        return {}


def fields_of(asked: Asks, account: ProviderAccount | None) -> dict[str, forms.Field]:
    """Form fields of what is asked for. What is stored of credentials is told by name alone."""
    options = account.options if account else {}
    kept = stored(account) if account else {}
    if asked.is_open:
        lines = "\n".join(f"{name}={value}" for name, value in sorted(options.items()))
        names = f" Stored: {', '.join(sorted(kept))}; leave it empty to keep them." if kept else ""
        area, hidden = forms.Textarea(attrs={"rows": 3}), forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
        return {
            MORE_OPTIONS: forms.CharField(label="Options", required=False, initial=lines, help_text=LINES, widget=area),
            MORE_CREDENTIALS: forms.CharField(
                label="Credentials", required=False, help_text=f"{LINES} They are encrypted.{names}", widget=hidden
            ),
        }
    found: dict[str, forms.Field] = {}
    for name in asked.options:
        found[OPTION + name] = forms.CharField(
            label=label(name),
            required=False,
            initial=options.get(name, ""),
            help_text=MEANING.get(name, ""),
            max_length=LONGEST,
        )
    for name in asked.credentials:
        told = f"{MEANING.get(name, '')} {'Stored; leave it empty to keep it.' if kept.get(name) else ''}".strip()
        secret = forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"})
        found[CREDENTIAL + name] = forms.CharField(
            label=label(name), required=False, help_text=told, max_length=LONGEST, widget=secret, strip=True
        )
    return found


def label(name: str) -> str:
    return name.replace("_", " ").capitalize()


@admin.register(ProviderAccount)
class Accounts(Shared):
    needs: ClassVar[Mapping[str, Role | None]] = {"add": Role.ADMIN, "change": Role.ADMIN}
    list_display = ("name", "kind", "channel", "client", "agency", "is_active", "circuit")
    list_filter = (OfClient, "channel", "is_active")
    list_select_related = ("client", "agency")
    search_fields = ("name",)
    ordering = ("-id",)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """First of which kind, since that is what the form is made from."""
        if chosen(request) is None and self.has_add_permission(request):
            groups = [(channel.value, [kind for of, kind in kinds() if of == channel]) for channel in Channel]
            named = {
                "title": "Add an account: at which provider?",
                "groups": [group for group in groups if group[1]],
                "services": SERVICES,
                "opts": self.opts,
            }
            context = {**self.admin_site.each_context(request), **named}
            return TemplateResponse(request, "admin/conversion/provideraccount/choose.html", context)
        return super().add_view(request, form_url, extra_context)

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        channel, kind = (obj.channel, obj.kind) if obj else chosen(request) or ("", "")
        asked = asks(channel, kind) if kind else Asks((), ())
        may = obj is None or self.has_change_permission(request, obj)
        own = fields_of(asked, obj) if may else {}
        kwargs["form"] = type("AccountForm", (AccountForm,), {**own, "channel": channel, "kind": kind, "asked": asked})
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        channel, kind = (obj.channel, obj.kind) if obj else chosen(request) or ("", "")
        superuser = request.user.is_superuser
        whose = ("agency", "client") if obj or superuser else ("client",)
        about = (*whose, "channel", "kind", "name", "is_active") if obj else (*whose, "name", "is_active")
        sets: list[Any] = [(f"{kind}, for {channel}" if not obj else None, {"fields": about})]
        if obj is None or self.has_change_permission(request, obj):
            asked = fields_of(asks(channel, kind), obj) if kind else {}
            parts = (("Options", (OPTION, MORE_OPTIONS)), ("Credentials", (CREDENTIAL, MORE_CREDENTIALS)))
            for title, begin in parts:
                names = tuple(name for name in asked if name.startswith(begin))
                sets += [(title, {"fields": names})] if names else []
        else:
            sets.append(("Options", {"fields": ("told_options",)}))
        return [*sets, ("At the provider", {"fields": ("set_up", "circuit")})] if obj else sets

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        fixed = ("agency", "client", "channel", "kind", "name") if obj else ()
        return (*fixed, "set_up", "circuit", "told_options")

    @admin.display(description="Circuit")
    def circuit(self, account: ProviderAccount) -> str:
        """Whether messages go through it, in words."""
        if account.circuit_opened_at is not None:
            return (
                f"Open since {account.circuit_opened_at:%Y-%m-%d %H:%M} UTC: messages wait until a probe is answered."
            )
        if account.unknowns:
            return f"Closed; {account.unknowns} of the last sends in a row unanswered ({OPENS_AT} open it)."
        return "Closed: messages go through."

    @admin.display(description="Options")
    def told_options(self, account: ProviderAccount) -> SafeString | str:
        shown = [(name, "…" if SECRET.search(name) else value) for name, value in sorted(account.options.items())]
        return format_html_join("", "<div>{}: {}</div>", shown) or "–"

    @admin.display(description="Enter there")
    def set_up(self, account: ProviderAccount) -> SafeString | str:
        """The addresses that are to be entered at the provider."""
        told = addresses.of_account(account)
        if not told:
            return "Nothing: the provider tells nothing by itself, or learns where with each message."
        rows = format_html_join(
            "", "<div>{}: <code>{}</code> ({})</div>", [(one.what, one.url, one.proof) for one in told]
        )
        if addresses.is_reachable():
            return rows
        return format_html(
            "{}<div>PUBLIC_URL is no https address: no provider posts there, and nothing but the console sends.</div>",
            rows,
        )


def chosen(request: Any) -> tuple[str, str] | None:
    """Channel and kind of a new account, as the address says them."""
    channel, _, kind = request.GET.get("provider", "").partition(".")
    return (channel, kind) if is_known(channel, kind) else None
