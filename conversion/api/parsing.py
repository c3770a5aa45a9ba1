"""Reading what callers send: strict JSON, and query parameters, of which each must be known."""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser

from conversion.api.errors import LengthRequired, TooLarge

LARGEST_BODY = 2**20  # bytes
DEEPEST = 50
MOST_DIGITS = 18  # of a whole number: what 64 bits hold
LONGEST_NUMBER = 100  # characters of any other
SHOWN = 40  # characters of what a caller sent that an answer repeats


class Refused(NamedTuple):
    """Stands for a value that JSON can spell and nothing here can hold, until its place is known."""

    reason: str


class StrictJSON(BaseParser):
    """JSON in UTF-8, of at most 1 MiB. Refused, with the place where it stands: NaN and infinities, 1e400, whole numbers of
    more than 18 digits, a name twice in one object, NUL, halves of surrogate pairs, more than 50 levels.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        return read_json(body_of(stream))


def body_of(stream: Any) -> bytes:
    """At most LARGEST_BODY bytes, whatever the request says of its length. Raises TooLarge and ParseError."""
    length = str(getattr(stream, "META", {}).get("CONTENT_LENGTH") or "0")
    if length.isdigit() and int(length[:MOST_DIGITS]) > LARGEST_BODY:
        raise TooLarge(f"A body holds at most {LARGEST_BODY:,} bytes.")
    try:
        body: bytes = stream.read(LARGEST_BODY + 1)
    except OSError as error:
        raise ParseError("The connection was lost before the whole body was read.") from error
    if len(body) > LARGEST_BODY:
        raise TooLarge(f"A body holds at most {LARGEST_BODY:,} bytes.")
    return body


def check_length(request: Any) -> None:
    """Raises LengthRequired on a body in chunks that does not tell its length: WSGI passes it over, as if there were none."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise LengthRequired


def read_json(body: bytes) -> Any:
    """The value that the body holds. Raises ParseError with the line, ValidationError with the field."""
    try:
        content = json.loads(
            body.decode("utf-8"),
            parse_constant=lambda name: Refused(f"{name} is no number."),
            parse_float=_fraction,
            parse_int=_whole,
            object_pairs_hook=_mapping,
        )
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is no UTF-8: byte {error.start + 1}.") from error
    except json.JSONDecodeError as error:
        raise ParseError(f"No JSON: line {error.lineno}, column {error.colno}: {error.msg}.") from error
    except RecursionError:
        raise ParseError(f"The JSON is nested deeper than {DEEPEST} levels.") from None
    faults: dict[str, list[str]] = {}
    for place, reason in faults_in(content):
        faults.setdefault(place, []).append(reason)
    if faults:
        raise ValidationError(faults, code="unreadable")
    return content


def _fraction(text: str) -> float | Refused:
    if len(text) > LONGEST_NUMBER:
        return Refused(f"A number has at most {LONGEST_NUMBER} characters.")
    value = float(text)
    return value if value - value == 0 else Refused(f"{text[:SHOWN]} is too large.")


def _whole(text: str) -> int | Refused:
    if len(text.lstrip("-")) > MOST_DIGITS:
        return Refused(f"A whole number has at most {MOST_DIGITS} digits.")
    return int(text)


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = Refused("The name stands twice in one object.") if name in found else value
    return found


def faults_in(content: Any) -> Iterator[tuple[str, str]]:
    """(place, reason) of what cannot be stored. Names that cannot be stored are not repeated."""
    left: list[tuple[Any, str, int]] = [(content, "", 1)]
    while left:
        value, place, depth = left.pop()
        if isinstance(value, Refused):
            yield place or "body", value.reason
        elif isinstance(value, str):
            if fault := unstorable(value):
                yield place or "body", fault
        elif isinstance(value, dict | list):
            if depth > DEEPEST:
                yield place.partition(".")[0] or "body", f"Nested deeper than {DEEPEST} levels."
                continue
            named = value.items() if isinstance(value, dict) else enumerate(value)
            for name, inner in named:
                fault = unstorable(name) if isinstance(name, str) else None
                if fault:
                    yield place or "body", f"A name is unusable. {fault}"
                else:
                    left.append((inner, f"{place}.{name}" if place else str(name), depth + 1))


def unstorable(text: str) -> str | None:
    """Why no database takes a text; None: it does."""
    if "\0" in text:
        return "Holds a NUL."
    try:
        text.encode()
    except UnicodeEncodeError:
        return "Holds half of a surrogate pair."
    return None


def check_query(query: QueryDict, known: Collection[str]) -> None:
    """Raises ValidationError on a parameter that nobody reads, stands twice, or holds what cannot be stored."""
    faults = {}
    for name, values in query.lists():
        if name not in known:
            allowed = ", ".join(sorted(known)) or "none"
            faults[name[:SHOWN]] = f"There is no such parameter here; there are {allowed}."
        elif len(values) > 1:
            faults[name] = "Stands twice."
        elif not values[0]:
            faults[name] = "Is empty."
        elif fault := unstorable(values[0]):
            faults[name] = fault
    if faults:
        raise ValidationError(faults, code="unknown")


class Negotiation(DefaultContentNegotiation):
    """`?format=` names one of the formats there are; any other is the caller's mistake, not a page that is missing."""

    def filter_renderers(self, renderers: Any, format: str) -> Any:  # noqa: A002 (REST framework's name)
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            formats = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": f"{format[:SHOWN]!r} is none of {formats}."})
        return found
