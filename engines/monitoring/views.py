"""`/healthz`, `/readyz` and `/metrics`."""

import hmac

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from conversion import walls
from engines.monitoring import figures, probes


@csrf_exempt
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """200 as long as this process answers at all; nothing else is asked."""
    del request
    return JsonResponse({"status": "ok"})


@csrf_exempt
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 where requests can be served, else 503; which part fails, and why, stands in the answer. `?without=broker` leaves
    the broker out: the web serves without it, so a load balancer should ask this way.
    """
    left_out = {part.strip() for part in request.GET.get("without", "").split(",")}
    found = probes.parts(left_out)
    is_fine = all(said == probes.OK for said in found.values())
    return JsonResponse({"status": "ok" if is_fine else "failing", "parts": found}, status=200 if is_fine else 503)


@csrf_exempt
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures as Prometheus reads them, for whoever has METRICS_TOKEN; where that is not set there is no such page."""
    if not settings.METRICS_TOKEN:
        return HttpResponse("There is no such page.\n", status=404, content_type="text/plain")
    given = request.headers.get("Authorization", "").encode(errors="replace")
    if not hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode()):
        return HttpResponse("A token is needed.\n", status=401, headers={"WWW-Authenticate": "Bearer"})
    with walls.lifted("operations"):
        return HttpResponse(figures.text(), content_type=CONTENT_TYPE_LATEST)
