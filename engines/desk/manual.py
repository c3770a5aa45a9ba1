"""The statistics page of the documentation, as a page: where each finding's method is explained."""

from functools import cache
from itertools import pairwise
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from markdown_it import MarkdownIt

from engines.desk.doors import page, shown

FILE = "docs/statistics.md"


@page()
def statistics(request: HttpRequest) -> HttpResponse:
    return shown(request, "manual.html", "Statistics", text=rendered())


@cache
def rendered() -> SafeString:
    """The file as HTML: what is HTML in it stays text, headings have anchors (`on-rates`), and links to other files of
    the documentation, which is not served, are left as words.
    """
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = markdown.parse((settings.BASE_DIR / FILE).read_text(encoding="utf-8"))
    for token, inside in pairwise(tokens):
        if token.type == "heading_open":
            token.attrSet("id", f"on-{slugify(inside.content)}")  # "content" is taken by the frame
    for token in tokens:
        token.children = [one for one in token.children or [] if not is_foreign(one)] or token.children
    text: str = markdown.renderer.render(tokens[3:], markdown.options, {})  # the title is the page's own
    return mark_safe(text)  # noqa: S308 (our own file, with its HTML escaped)


def is_foreign(token: Any) -> bool:
    """A link: those of this file lead to files that are not served."""
    return token.type in {"link_open", "link_close"}
