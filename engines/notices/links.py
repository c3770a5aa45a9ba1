"""Where a notice leads."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse


def link_of(payload: Mapping[str, Any]) -> str:
    """The address of the page about what a notice's payload speaks of; empty where this server has no public address."""
    label, key = payload.get("object"), payload.get("id")
    if not settings.PUBLIC_URL or not label or not key:
        return ""
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('admin:index')}{label.replace('.', '/')}/{key}/change/"
