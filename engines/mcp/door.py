"""Calls of the REST API within this process, so that an assistant may do what its token may do by HTTP, and nothing else: the
same rights, checks, limits and audit log.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from django.core.handlers.wsgi import WSGIRequest
from django.core.signals import request_finished, request_started
from django.urls import resolve

from conversion.api.parsing import unstorable

PREFIX = "/api/v1/"
FAILED = 400  # and above


class Refused(Exception):  # noqa: N818 (it says what it is)
    """The API refused; the message says why."""


class Inner(WSGIRequest):
    """A request that no host was asked for."""

    def get_host(self) -> str:
        return "localhost"


@dataclass(frozen=True)
class Door:
    """token: the text of an API token, looked at anew by each call: it may have been revoked since the last one."""

    token: str

    def get(self, *path: str, **query: str) -> Any:
        """path: segments of the address, as they are. Raises Refused."""
        return self._call("GET", path, query)

    def post(self, *path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._call("POST", path, {}, json.dumps(body or {}).encode())

    def _call(self, method: str, path: tuple[str, ...], query: Mapping[str, str], body: bytes = b"") -> Any:
        for text in (*path, *query.values()):
            check(text)
        address = PREFIX + "/".join(path)
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": address.encode().decode("latin-1"),
            "QUERY_STRING": urlencode(query),
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http",
        }
        request_started.send(sender=type(self), environ=environ)
        match = resolve(address)
        try:
            response = match.func(Inner(environ), *match.args, **match.kwargs)
            content = response.render().content.decode()
        finally:
            request_finished.send(sender=type(self))  # connections, and what they were shown, are given back
        if response.status_code >= FAILED:
            raise Refused(json.loads(content)["detail"])
        return json.loads(content) if response["Content-Type"].startswith("application/json") else content


def check(text: str) -> None:
    """Raises Refused where a text cannot stand in an address."""
    if fault := unstorable(text):
        raise Refused(fault)
    if "/" in text or not text.strip("."):
        raise Refused(f"There is nothing called {text[:80]!r}.")
