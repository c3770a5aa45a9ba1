"""Pages for people outside: they need no login, and know nothing but what a signed link tells."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from conversion import walls
from engines import unsubscribe as unsubscribing
from engines.inbound import optout

PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


@csrf_exempt  # a mailbox provider posts for its user (RFC 8058); the signed link itself is the permission
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks a person to confirm and changes nothing: mail filters follow links. POST unsubscribes; its body is not read."""
    link = unsubscribing.link_of(token)
    if link is None:
        return page(request, "unknown", status=404)
    with walls.only(link.client_id):
        if request.method == "POST":
            return page(request, "done" if optout.unsubscribe(link) else "gone")
        client = unsubscribing.client_of(link)
    if client is None:
        return page(request, "gone")
    return page(request, "confirm", client=client.name)


def page(request: HttpRequest, name: str, *, status: int = 200, **context: str) -> HttpResponse:
    answer = render(request, f"unsubscribe/{name}.html", context, status=status)
    for header, value in PRIVATE.items():
        answer[header] = value
    return answer
