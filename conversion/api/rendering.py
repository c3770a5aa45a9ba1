"""Answers in JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import renderers


class JSON(renderers.JSONRenderer):
    """As REST framework's own, several times as fast. Whatever is neither JSON nor known here is left to it, and so is an
    indented answer.
    """

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        if data is None:
            return b""
        if not self.get_indent(accepted_media_type or "", renderer_context or {}):
            try:
                return orjson.dumps(data, option=orjson.OPT_PASSTHROUGH_DATETIME).replace(*LINE).replace(*PARAGRAPH)
            except TypeError:
                pass
        answer: bytes = super().render(data, accepted_media_type, renderer_context)
        return answer


# Ends of lines to JavaScript, though not to JSON.
LINE = "\u2028".encode(), rb"\u2028"
PARAGRAPH = "\u2029".encode(), rb"\u2029"
