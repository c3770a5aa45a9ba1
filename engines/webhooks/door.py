"""What all doors share: one method, a size, bodies that can be read, and answers that tell a stranger nothing.

A view raises `Turned` for whom it turns away. Whoever comes while the database is away is told to come again (503).
"""

import json
import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from conversion import walls
from engines.inbound.arrivals import AWAY

logger = logging.getLogger(__name__)
SKEW = 300  # seconds that a signature's own timestamp may be off
SMALL = 1_000_000  # bytes: events, and there may be a thousand in one
LARGE = 25_000_000  # bytes: mails with what is attached to them
FORBIDDEN, UNREADABLE, TOO_BIG, AWAY_NOW = 401, 400, 413, 503


class Turned(Exception):  # noqa: N818 (it is an answer)
    """The caller gets this status, and nothing is stored."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def door(limit: int) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view that takes POSTs of at most `limit` bytes; some providers try the address with HEAD first."""

    def wrapper(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def opened(request: HttpRequest, *given: Any, **named: Any) -> HttpResponse:
            if request.method == "HEAD":
                return HttpResponse()
            try:
                take_body(request, limit)
                with walls.lifted("arrivals"):
                    return view(request, *given, **named)
            except Turned as answer:
                logger.info("a webhook was turned away from %s: %s", view.__name__, answer)
                return HttpResponse(status=answer.status)
            except RequestDataTooBig:
                return HttpResponse(status=TOO_BIG)
            except (SuspiciousOperation, BadRequest, MultiPartParserError):
                return HttpResponse(status=UNREADABLE)
            except AWAY:
                logger.warning("a webhook was not taken: the database is away", exc_info=True)
                return HttpResponse(status=AWAY_NOW)

        return csrf_exempt(never_cache(require_http_methods(["POST", "HEAD"])(opened)))

    return wrapper


def take_body(request: HttpRequest, limit: int) -> None:
    """Read the whole body, but never more than the limit, whatever the request says of its length."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isascii() or not length.isdigit():
        raise Turned(UNREADABLE, "a length that is no number")
    if int(length[:20]) > limit:
        raise Turned(TOO_BIG, "too big")
    try:
        body = request.read(limit + 1)
    except OSError as error:
        raise Turned(UNREADABLE, "the connection was lost") from error
    if len(body) > limit:
        raise Turned(TOO_BIG, "too big")
    request._body = body  # noqa: SLF001 (what request.body gives, past Django's own limit of 2.5 MB)


def read_json(body: bytes) -> dict[str, Any]:
    """The object that the body holds. Raises Turned where it is none, or holds what no database stores: NULs, halves of
    surrogate pairs, numbers that are none.
    """
    try:
        content = json.loads(body.decode("utf-8"), parse_constant=refused)
        storable(texts(content))
    except (ValueError, RecursionError) as error:  # UnicodeError is a ValueError
        raise Turned(UNREADABLE, f"no JSON that can be read: {type(error).__name__}") from error
    if not isinstance(content, dict):
        raise Turned(UNREADABLE, "JSON, but no object")
    return content


def storable(said: list[str]) -> None:
    """Raises ValueError on a text that no database takes."""
    for text in said:
        text.encode()
        if "\0" in text:
            raise ValueError("NUL")


def refused(name: str) -> None:
    raise ValueError(name)


def texts(content: Any) -> list[str]:
    """All texts in a JSON value, names included."""
    found, left = [], [content]
    while left:
        value = left.pop()
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            left += value
    return found
