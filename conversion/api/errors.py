"""Answers to what went wrong, as RFC 9457 describes them: `application/problem+json`, naming the field.

{"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "...", "errors": [{"field", "message", "code"}]}
"""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import ValidationError as FieldError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error

from conversion.access import NoSuchClient, NotAllowed

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
NO_FIELD = "non_field_errors"


class Conflict(exceptions.APIException):
    """409: what is asked does not fit how things stand. Give a message, or {field: message}."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "That does not fit how things stand."
    default_code = "conflict"


class Unprocessable(exceptions.APIException):
    """422: what is asked can be read, and contradicts something else that was said."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_detail = "That contradicts what was said before."
    default_code = "unprocessable"


class TooLarge(exceptions.APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


class LengthRequired(exceptions.APIException):
    status_code = HTTPStatus.LENGTH_REQUIRED
    default_detail = "Send the body with its Content-Length, not in chunks."
    default_code = "length_required"


class Away(exceptions.APIException):
    """503: the database cannot be reached, or somebody holds what is asked for too long."""

    status_code = HTTPStatus.SERVICE_UNAVAILABLE
    default_detail = "Not available at this moment; ask again."
    default_code = "unavailable"
    wait = 5  # seconds


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """REST framework's exception handler. None: a fault of this program, which Django logs and answers with 500."""
    known = translated(error)
    if known is None:
        return None
    request = context.get("request")
    if request is not None:  # whatever was to be rendered, a problem is JSON
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), MEDIA_TYPE
    body = described(known.status_code, known.get_full_details())
    return Response(body, known.status_code, headers=headers_of(known), content_type=MEDIA_TYPE)


def translated(error: Exception) -> exceptions.APIException | None:  # noqa: PLR0911 (a table)
    match error:
        case exceptions.APIException():
            return error
        case Http404() | NoSuchClient():
            return exceptions.NotFound(str(error) or None)
        case PermissionDenied() | NotAllowed():
            return exceptions.PermissionDenied(str(error) or None)
        case FieldError():
            return exceptions.ValidationError(as_serializer_error(error))
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation() | BadRequest():
            return exceptions.ParseError("The request cannot be read.")
        case OperationalError() | InterfaceError() if "no such" not in str(
            error
        ):  # SQLite's word for a table that lacks
            logger.warning("the API asked its caller to come again", exc_info=error)
            return Away()
    return None


def headers_of(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def described(status: int, details: Any) -> dict[str, Any]:
    """A problem from REST framework's details: {message, code}, or lists and mappings of such by field."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": int(status)}
    errors = [{"field": field, "message": message, "code": code} for field, message, code in flat(details)]
    named = [error for error in errors if error["field"]]
    body["detail"] = (
        str(errors[0]["message"])
        if errors and not named
        else "; ".join(
            f"{error['field']}: {error['message']}" if error["field"] else str(error["message"]) for error in errors[:5]
        )
    )
    if named or len(errors) > 1:
        body["errors"] = errors
    return body


def flat(details: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """(field, message, code) of each error; a field in a field as `address.0.street`."""
    if isinstance(details, dict) and isinstance(details.get("message"), str) and "code" in details:
        yield path, details["message"], str(details["code"])
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from flat(inner, path if name == NO_FIELD else f"{path}.{name}" if path else str(name))
    elif isinstance(details, list):
        leaves = all(isinstance(inner, dict) and "message" in inner for inner in details)
        for place, inner in enumerate(details):
            yield from flat(inner, path if leaves else f"{path}.{place}" if path else str(place))


# Django's handlers: under /api/ a problem, elsewhere a page (`templates/404.html` and its like).


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.bad_request(request, exception)
    return plain(HTTPStatus.BAD_REQUEST, "The request cannot be read.")


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.permission_denied(request, exception)
    return plain(HTTPStatus.FORBIDDEN, str(exception) or "That is not allowed.")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if not is_api(request):
        return defaults.page_not_found(request, exception)
    return plain(HTTPStatus.NOT_FOUND, "There is no such address.")


def server_error(request: HttpRequest) -> HttpResponse:
    """What happened stands in the log alone."""
    if not is_api(request):
        return defaults.server_error(request)
    return plain(HTTPStatus.INTERNAL_SERVER_ERROR, "A fault of this server.")


def plain(status: HTTPStatus, detail: str) -> HttpResponse:
    body = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
    return JsonResponse(body, status=status, content_type=MEDIA_TYPE)
