"""How often one caller may call."""

from typing import Any

from django.conf import settings
from django.core.cache import caches
from django.utils.connection import ConnectionProxy
from rest_framework.throttling import SimpleRateThrottle

from conversion.models import ApiToken


class PerCaller(SimpleRateThrottle):
    """Each token, and each person who signed in, counts by itself. Kept in the process's memory, so that the API needs neither
    Redis nor a write for it: with several web processes a caller may reach the rate at each.
    """

    scope = "caller"
    cache: Any = ConnectionProxy(caches, "process")

    def get_rate(self) -> str | None:
        return f"{settings.API_CALLS_A_MINUTE}/min" if settings.API_CALLS_A_MINUTE else None

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        caller = request.auth if isinstance(request.auth, ApiToken) else request.user
        return f"calls:{caller._meta.model_name}:{caller.pk}" if caller.pk else None
