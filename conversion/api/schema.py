"""What drf-spectacular cannot see: problems, idempotency keys and ETags, which every endpoint has by its base class."""

from typing import Any

from conversion.api.errors import MEDIA_TYPE
from conversion.api.idempotency import HEADER, LONGEST

PROBLEM = {
    "type": "object",
    "description": "What went wrong, as RFC 9457 describes it. `errors` names the fields.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}, "code": {"type": "string"}},
            },
        },
    },
}
STATUSES = {
    "401": "No token, or one that is unknown, expired or revoked.",
    "404": "There is no such thing, or none that the caller may see.",
    "4XX": "What is asked cannot be done; `errors` says why.",
    "503": "Not available at this moment.",
}
STORABLE = "^[^\\u0000]+$"
NO_NUL = "^[^\\u0000]*$"
KEY = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": "The caller's own key of this call: with the same key it is carried out once, and answered the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A postprocessing hook."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    for name, schema in components["schemas"].items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)
            _storable(schema)
    _any_value(result)
    for operations in result["paths"].values():
        for method, operation in operations.items():
            _complete(method, operation)
    return result


def _any_value(part: Any) -> None:
    """A value may be anything, null included: drf-spectacular says that it is one of the two, and null is both."""
    if isinstance(part, dict):
        if {} in part.get("oneOf", ()):
            del part["oneOf"]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            _any_value(inner)


def _storable(part: Any) -> None:
    """Every text that is sent."""
    if isinstance(part, dict):
        if "string" in part.get("type", ()) and not part.keys() & {"enum", "format", "pattern", "const"}:
            part["pattern"] = NO_NUL
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            _storable(inner)


def _complete(method: str, operation: dict[str, Any]) -> None:
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, description in STATUSES.items():
        operation["responses"].setdefault(status, {"description": description, "content": content})
    for parameter in operation.get("parameters", ()):
        kind = parameter["schema"]
        if parameter["in"] == "query" and kind.get("type") == "string" and not kind.keys() & {"enum", "format"}:
            kind.setdefault("minLength", 1)
            kind.setdefault("pattern", STORABLE)
    if method == "get":
        operation["responses"].setdefault("304", {"description": "Not changed since `If-None-Match`."})
    if method == "post":
        operation.setdefault("parameters", []).append(KEY)
