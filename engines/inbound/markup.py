"""The text of a mail that has none but HTML.

Read in one pass from left to right: Python's own parser takes time that grows with the square of broken HTML's length.
"""

import re
from collections.abc import Iterator
from html import unescape

LENGTH = 200_000  # characters of HTML that are read
TAG = 1000  # of an element's attributes
BREAKS = frozenset({"br", "p", "div", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "hr"})
VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "track", "wbr"})
UNSEEN = frozenset({"script", "style", "head", "title"})
# Where Outlook and others begin the history, without closing it in an element of its own.
HISTORY_IDS = frozenset(
    {"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container", "olk_src_body_section"}
)
HISTORY_CLASSES = frozenset({"gmail_quote_container", "gmail_quote", "yahoo_quoted", "protonmail_quote"})
SIGNATURE_CLASSES = frozenset({"gmail_signature", "moz-signature", "protonmail_signature_block"})
_NAME = re.compile(r"/?[a-z][a-z0-9]*", re.IGNORECASE)
_NAMED = re.compile(r"\b(id|class)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)


def plain(html: str) -> str:
    """Lines for paragraphs and breaks; without styles and the quoted history, for which a line `>` stands. HTML that is broken
    gives what can be read.
    """
    pieces: list[str] = []
    hidden: list[str] = []  # an element that is not read, and those of its name that are open in it
    for name, marks, text in _tokens(html[:LENGTH]):
        bare = name.removeprefix("/")
        if not hidden and marks & HISTORY_IDS:
            break
        if bare in BREAKS:
            pieces.append("\n")
        if hidden:
            _step(hidden, name)
        elif (bare == "blockquote" and name == bare) or marks & HISTORY_CLASSES:
            pieces.append("\n>\n")  # what announces a quotation is then known by what follows it
            hidden.append(name)
        elif name in UNSEEN:
            hidden.append(name)
        elif marks & SIGNATURE_CLASSES:
            pieces.append("\n-- \n")
        if not hidden:
            pieces.append(re.sub(r"\s+", " ", unescape(text)))
    text = re.sub(r" *\n *", "\n", "".join(pieces))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _step(hidden: list[str], name: str) -> None:
    if name == hidden[0] and name not in VOID:
        hidden.append(name)
    elif name == f"/{hidden[0]}":
        hidden.pop()


def _tokens(html: str) -> Iterator[tuple[str, frozenset[str], str]]:
    """(name of a tag such as `p` or `/p`, its ids and classes, the text after it); the first has no name."""
    at = 0
    name, marks = "", frozenset[str]()
    while at < len(html):
        opened = html.find("<", at)
        end = opened if opened >= 0 else len(html)
        yield name, marks, html[at:end]
        if opened < 0:
            return
        name, marks = "", frozenset()
        if html.startswith("<!--", opened):
            at = _after(html, "-->", opened)
            continue
        found = _NAME.match(html, opened + 1)
        at = _after(html, ">", opened)
        if found is not None:
            name = found[0].lower()
            marks = _marks(html[found.end() : min(at, found.end() + TAG)])
    yield name, marks, ""


def _after(html: str, end: str, at: int) -> int:
    found = html.find(end, at)
    return found + len(end) if found >= 0 else len(html)


def _marks(attributes: str) -> frozenset[str]:
    values = (value for _, *given in _NAMED.findall(attributes) for value in given if value)
    return frozenset(word for value in values for word in value.lower().split())
