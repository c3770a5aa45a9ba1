"""What is changed in the admin's tables is noted in the audit log, which stands in for Django's own: its messages repeat
names of people. A row's history is what the log knows of it.
"""

from contextlib import nullcontext
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from conversion import audit, walls
from conversion.admin.paging import BoundedPaginator
from conversion.models import AuditEntry, Client

HISTORY = 50  # entries a page


def note(request: Any, action: str, obj: Model, changes: Any = None) -> AuditEntry:
    """As `audit.record`. An entry that is no client's may be written by whoever may change its row."""
    is_of_client = isinstance(obj, Client) or bool(getattr(obj, "client_id", None))
    with nullcontext() if is_of_client else walls.lifted("accounts"):
        return audit.record(audit.actor_of(request), action, obj, changes)


class Audited(admin.ModelAdmin):
    def log_addition(self, request: Any, obj: Any, message: Any) -> Any:  # noqa: ARG002 (Django's signature)
        return note(request, "create", obj)

    def log_change(self, request: Any, obj: Any, message: Any) -> Any:  # noqa: ARG002 (Django's signature)
        return note(request, "change", obj, getattr(request, "_changes", None))

    def log_deletions(self, request: Any, queryset: Any) -> Any:
        return [note(request, "delete", obj) for obj in queryset]

    def construct_change_message(self, request: Any, form: Any, formsets: Any, add: bool = False) -> Any:
        request._changes = {  # noqa: SLF001 (a request carries what the log needs)
            name: (plain(form.initial.get(name)), plain(form.cleaned_data.get(name)))
            for name in form.changed_data
            if not add
        }
        return super().construct_change_message(request, form, formsets, add)

    def history_view(self, request: Any, object_id: str, extra_context: Any = None) -> Any:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return redirect("admin:index")
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        entries = AuditEntry.objects.filter(object_type=self.opts.label_lower, object_id=str(obj.pk))
        page = BoundedPaginator(entries.order_by("-at", "-id"), HISTORY).get_page(request.GET.get(PAGE_VAR, 1))
        context = {
            **self.admin_site.each_context(request),
            "title": f"History: {obj}",
            "entries": page,
            "rows": [(entry, in_words(entry)) for entry in page],
            "page_var": PAGE_VAR,
            "module_name": self.opts.verbose_name_plural,
            "object": obj,
            "opts": self.opts,
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/object_history.html", context)


def plain(value: Any) -> Any:
    """A row as its id, which is what a form begins with."""
    return value.pk if isinstance(value, Model) else value


def in_words(entry: AuditEntry) -> str:
    """What an entry changed: `role: viewer -> admin; name`. Of a text only that it changed."""
    return "; ".join(
        field if audit.TEXT in (before, after) else f"{field}: {said(before)} → {said(after)}"
        for field, (before, after) in entry.changes.items()
    )


def said(value: Any) -> str:
    return "nothing" if value in (None, "") else "yes" if value is True else "no" if value is False else str(value)
