"""Values that nobody means well with, and good ones that are spoiled in a few places."""

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

# What readers, databases and spreadsheets trip over.
ODD = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\ud800",
        "\ufeff",
        "\u202e",
        "\r\n",
        "a\r\nBcc: x@example.com",
        "\x1b[2J",
        "é" * 300,
        "🙂" * 70,
    ),
    *(
        "x" * 256,
        "x" * 70_000,
        "null",
        "NaN",
        "-0",
        "1e400",
        "9" * 19,
        "9" * 400,
        "0x10",
        "１２",
        "²",
        "=1+1",
        "@SUM(A1)",
    ),
    *(
        "' OR 1=1 --",
        "{{ 7*7 }}",
        "%s%n",
        "../../etc/passwd",
        "<script>",
        "&amp;",
        "💥@example.com",
        "a@b@c",
        "@",
        "a@xn--",
    ),
    *(
        "0000-00-00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "2026-02-30",
        "10000-01-01",
        "2026-03-02T25:00:00Z",
    ),
    *(
        "1970-01-01T00:00:00Z",
        "Mon, 99 Foo 2026 99:99:99 +9999",
        "Thu, 01 Jan 9999 00:00:00 -2359",
        "+61255501234",
        "+" * 30,
    ),
    *(
        "STOP",
        "unsubscribe",
        "mailto:",
        "https://[",
        "https://a:b@c:99999/",
        "http://[::1",
        "00000000-0000-0000-0000-000000000000",
    ),
)
texts = st.sampled_from(ODD) | st.text(max_size=40)
numbers = st.integers() | st.floats() | st.sampled_from([2**31, 2**63, -(2**63) - 1, 10**30, 10**400, 1e308])
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
BROKEN = (
    *(b"", b"{", b"[]", b"[1]", b'"x"', b"null", b"0", b"{}", b'{"a": NaN}', b'{"a": 1e400}', b'{"a": "\\ud800"}'),
    *(b'{"a": "\\u0000"}', b'{"a": "\xe9"}', b'{"a": 1, "a": 2}', b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    *(b'{"a": ' + b"9" * 5000 + b"}", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b"a=b&a=c&%00=%ff&=", b"--x\r\nbroken"),
)
CONTENT_TYPES = (
    *(
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "multipart/form-data",
    ),
    *(
        "text/plain",
        "",
        "application/json; charset=none-such",
        "application/x-www-form-urlencoded; charset=utf-7",
        "x" * 300,
        "/",
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the parts of a JSON value stand, itself first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in inner:
        yield from places(part, (*path, name))


def with_part(value: Any, path: tuple[Any, ...], part: Any) -> Any:
    """A copy in which something else stands at that place."""
    if not path:
        return part
    copied = value.copy()
    copied[path[0]] = with_part(value[path[0]], path[1:], part)
    return copied


@st.composite
def spoiled(draw: st.DrawFn, whole: Any, parts: st.SearchStrategy = values) -> Any:
    """A JSON value of which up to three parts are something else."""
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(list(places(whole))[1:] or [()]))
        whole = with_part(whole, path, draw(parts))
    return whole


@st.composite
def spoiled_bytes(draw: st.DrawFn, good: bytes) -> bytes:
    """Cut off, with bytes put in, or with some in the place of others."""
    start, end = sorted((draw(st.integers(0, len(good))), draw(st.integers(0, len(good)))))
    return good[:start] + draw(st.binary(max_size=8)) + good[draw(st.sampled_from([start, end, len(good)])) :]


def written(value: Any) -> bytes:
    """As JSON; NaN, halves of surrogate pairs and whatever else JSON has no word for included."""
    return json.dumps(value).encode()


def bodies(*good: Any) -> st.SearchStrategy[bytes]:
    """Bodies in JSON, most of them like those that are meant to come."""
    spoilt = st.sampled_from(good).flatmap(spoiled).map(written)
    cut = st.sampled_from([written(one) for one in good]).flatmap(spoiled_bytes)
    return spoilt | spoilt | cut | st.sampled_from(BROKEN) | values.map(written)
