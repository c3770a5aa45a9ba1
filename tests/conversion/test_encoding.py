"""Rows as each database takes them."""

import json
import pickle
from datetime import UTC, datetime
from uuid import UUID

import pytest

from conversion.encoding import Encoded, Form, json_text

KEY = UUID("0192f0c0-0000-7000-8000-000000000001")
KINDS = {"id": "id", "at": "moment", "text": "", "number": "", "data": "json", "owner": "id", "state": ""}
ALWAYS = {"owner": KEY, "state": "a\tb"}
ROW = {
    "id": KEY,
    "at": datetime(2026, 3, 2, 10, tzinfo=UTC),
    "text": "a\\b\n\r\t\\N é",
    "number": 7,
    "data": {"a": ["\n", None]},
}
NOTHING = {"id": KEY, "at": None, "text": "", "number": None, "data": None}
SHARED = {**NOTHING, "data": Encoded('{"a": 1}')}

COPY = "".join(
    f"{line}\t{KEY}\ta\\tb\n"
    for line in (
        f"{KEY}\t2026-03-02 10:00:00+00:00\ta\\\\b\\n\\r\\t\\\\N é\t7\t" + '{"a":["\\\\n",null]}',
        f"{KEY}\t\\N\t\t\\N\t\\N",
        f'{KEY}\t\\N\t\t\\N\t{{"a": 1}}',
    )
).encode()
TUPLES = [
    (KEY.hex, "2026-03-02 10:00:00", ROW["text"], 7, '{"a":["\\n",null]}', KEY.hex, "a\tb"),
    (KEY.hex, None, "", None, None, KEY.hex, "a\tb"),
    (KEY.hex, None, "", None, '{"a": 1}', KEY.hex, "a\tb"),
]


@pytest.mark.parametrize(("vendor", "block"), [("postgresql", COPY), ("sqlite", TUPLES)])
def test_rows_are_written_with_what_they_share(vendor, block):
    form = Form(vendor, KINDS, ALWAYS)
    assert form.columns == tuple(KINDS)
    assert form.block([ROW, NOTHING, SHARED]) == block
    again = pickle.loads(pickle.dumps(form))  # noqa: S301 (our own)
    assert again.block([ROW, NOTHING, SHARED]) == block
    assert not form.block([])


def test_what_rows_share_comes_after_what_is_their_own():
    assert Form("sqlite", KINDS, {"id": KEY}).columns == ("at", "text", "number", "owner", "state", "data", "id")


@pytest.mark.parametrize(("vendor", "block"), [("postgresql", COPY), ("sqlite", TUPLES)])
def test_rows_in_two_parts_are_the_same_rows(vendor, block):
    form = Form(vendor, KINDS, ALWAYS, ("id",))
    rows = [form.stored(row) for row in (ROW, NOTHING, SHARED)]
    assert form.joined([(row[:1], row[1:]) for row in rows]) == block


def test_a_number_that_is_never_null_is_written_as_it_is():
    assert (
        Form("postgresql", {"number": "sure", "text": ""}, {}).block([{"number": -7, "text": "100 %s"}])
        == b"-7\t100 %s\n"
    )


@pytest.mark.parametrize("value", [{"a": 2**70}, {"a": "\ud800"}, {1: [True, None, 1.5, "\x00\u2028é"]}])
def test_json_that_the_faster_writer_does_not_know_is_written(value):
    assert json.loads(json_text(value)) == json.loads(json.dumps(value))
