"""The site of the admin's tables. The pages that people begin with are `engines.desk`."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse


class Tables(admin.AdminSite):
    site_header = "Agency OS"
    site_title = "Agency OS"
    index_title = "All tables"
    empty_value_display = "–"
    final_catch_all_view = False

    def has_permission(self, request: Any) -> bool:
        """Staff see tables, each its own clients' rows; everybody else has the pages."""
        return bool(request.user.is_active and request.user.is_staff)

    # People sign in, sign out and change passwords by one door, which counts attempts and asks for the second factor.
    def login(self, request: Any, extra_context: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise PermissionDenied("The tables are for staff. What is yours to see is on the pages.")
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def logout(self, request: Any, extra_context: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        return redirect("account_logout")

    def password_change(self, request: Any, extra_context: Any = None) -> Any:  # noqa: ARG002 (Django's signature)
        return redirect("account_change_password")
