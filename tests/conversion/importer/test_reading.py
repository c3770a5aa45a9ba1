"""Text to records: every row comes out once, as itself or as a reject, and a bad one swallows no other."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversion.importer import reading
from conversion.importer.files import Source, inspect, opened
from conversion.importer.reading import records


@pytest.fixture
def read(tmp_path):
    def read(data):
        path = tmp_path / "leads.csv"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        source = inspect(path)
        with opened(path, zipped=source.zipped) as (text, _):
            return list(records(text, source))

    return read


def good(found):
    return [record.fields for record in found if not record.reason]


def bad(found):
    return [(record.line, record.column, record.reason) for record in found if record.reason]


def test_rows_have_their_line_and_their_text(read):
    found = read('a,b\n1,"x, y"\n\n2,"two\nlines"\r\n3,z')
    assert [(record.line, record.fields, record.raw) for record in found] == [
        (2, ["1", "x, y"], '1,"x, y"\n'),
        (4, ["2", "two\nlines"], '2,"two\nlines"\r\n'),
        (6, ["3", "z"], "3,z"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a;b\n1;2,5\n",
        "a\tb\n1\t2,5\n",
        '"a,x";b\n1;2,5\n',
        "\ufeffa;b\n1;2,5\n",
        "\n  \na;b\n1;2,5\n",
        "a;b\r1;2,5\r",
    ],
)
def test_delimiters_byte_order_marks_and_line_ends_are_found_out(read, text):
    assert good(read(text)) == [["1", "2,5"]]


def test_a_quote_that_is_never_closed_costs_its_own_line_alone(read):
    found = read('a,b\n1,x\n2,"open\n3,y\n4,z\n')
    assert good(found) == [["1", "x"], ["3", "y"], ["4", "z"]]
    assert bad(found) == [(3, "b", "a quote opens in column b and is never closed")]
    assert found[1].raw == '2,"open\n'


def test_a_quote_that_another_row_closes_costs_its_own_line_alone(read):
    found = read('a,b\n1,"open\n2,"quoted"\n3,y\n')
    assert good(found) == [["2", "quoted"], ["3", "y"]]
    assert bad(found) == [(2, "b", "a quote opens in column b and is never closed")]


def test_a_quote_that_closes_in_a_row_of_another_width_costs_its_own_line_alone(read):
    found = read('a,b\n1,"open\n2,x",y\n3,z\n')
    assert good(found) == [["3", "z"]]
    assert bad(found) == [
        (2, "b", "a quote opens in column b; up to line 3, where it closes, the row has 3 columns, the header 2"),
        (3, "", "the row has 3 columns, the header 2"),
    ]


def test_more_lines_than_a_row_may_have_are_an_unclosed_quote(read):
    found = read('a,b\n1,"' + "x\n" * 1000 + '"\n2,y\n')
    assert good(found) == [["2", "y"]]
    assert bad(found)[0] == (2, "b", "a quote opens in column b and is never closed")
    assert len(found) == 1002  # 1,001 lines of the quoted text, of which the last is a quote alone, and the good row


def test_text_after_a_closing_quote_is_refused(read):
    found = read('a,b\n"x"y,1\n2,z\n')
    assert good(found) == [["2", "z"]]
    assert bad(found) == [(2, "a", "text follows the closing quote in column a")]


def test_a_quote_within_a_text_is_a_character(read):
    assert good(read('a,b\n1,5" pipe\n2,6"\n')) == [["1", '5" pipe'], ["2", '6"']]


def test_ragged_rows_nuls_and_the_header_again_are_refused(read):
    found = read("a,b\n1\n1,2,3\n1,x\0y\na,b\n5,6\n")
    assert good(found) == [["5", "6"]]
    assert bad(found) == [
        (2, "", "the row has 1 columns, the header 2"),
        (3, "", "the row has 3 columns, the header 2"),
        (4, "b", "holds a NUL character"),
        (5, "", "the header row again"),
    ]


def test_a_field_may_have_128_kib(read):
    size = 128 << 10
    found = read(f"a,b\n1,{'x' * size}\n2,{'y' * (size + 1)}\n3,z\n")
    assert [len(fields[1]) for fields in good(found)] == [size, 1]
    assert bad(found) == [(3, "b", f"is longer than 128 KiB ({size + 1} characters)")]


def test_a_line_of_megabytes_is_refused_and_left_behind(read):
    found = read("a,b\n" + "x" * 3_000_000 + ",1\n2,z\n")
    assert good(found) == [["2", "z"]]
    assert bad(found) == [(2, "", "the row is longer than 1 MiB; its beginning is kept here")]
    assert len(found[0].raw) == 1 << 20


def test_lines_that_each_open_a_quote_are_not_read_a_thousand_times(read, monkeypatch):
    count = 0
    take = reading._Lines.__next__

    def counted(lines):
        nonlocal count
        count += 1
        return take(lines)

    monkeypatch.setattr(reading._Lines, "__next__", counted)
    found = read("a,b\n" + 'x","\n' * 3000)
    assert len(found) == 3000
    assert {record.reason for record in found} == {"a quote opens in column b and is never closed"}
    assert count < 3000 * 20


def test_a_file_of_a_header_has_no_rows(read):
    assert read("a,b\n") == []


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.text("abc123", min_size=1, max_size=4), cells), max_size=8))
def test_what_a_csv_writer_writes_is_read_back(tmp_path_factory, rows):
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(["key", "text"])
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(stream.getvalue().encode())
    source = inspect(path)
    with opened(path, zipped=False) as (text, _):
        assert good(records(text, source)) == [list(row) for row in rows]


lines = st.lists(st.text(st.sampled_from('ab,"\n\r\0;é '), max_size=12), max_size=12)


@settings(max_examples=120, deadline=None)
@given(lines=lines)
def test_any_text_comes_out_row_by_row_and_nothing_is_lost(tmp_path_factory, lines):
    body = "\n".join(lines)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(b"a,b\n" + body.encode())
    source = inspect(path)
    with opened(path, zipped=False) as (text, _):
        found = list(records(text, source))
    kept = "".join(record.raw for record in found)
    blank = str.maketrans("", "", " \r\n")
    assert kept.translate(blank) == body.translate(blank)
    assert [record.line for record in found] == sorted({record.line for record in found})


PIECES = [
    "1",
    "2",
    ",",
    ",",
    '"',
    '""',
    "\n",
    "\n",
    "\r\n",
    "\r",
    " ",
    "\0",
    "a,b\n",
    "x" * 30,
    '1,"two\nlines"\n',
    "3,z\n",
]


@given(st.lists(st.sampled_from(PIECES), max_size=60), st.sampled_from([5, 40, 400]))
@settings(max_examples=300, deadline=None)
def test_what_is_read_in_passing_is_what_care_finds(pieces, longest):
    text = "".join(pieces)
    source = Source(Path("leads.csv"), 0, False, ",", ("a", "b"), ["a", "b"], 1)

    def nothing_is_well_formed(text, lines, source):
        lines.waiting.extend(iter(lambda: text.readline(longest), ""))
        return iter(())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "MAX_LINES", 20)
        patch.setattr(reading, "MAX_FIELD", longest // 2)
        patch.setattr(reading, "MAX_RECORD", longest)
        in_passing = list(records(io.StringIO("a,b\n" + text, newline=""), source))
        patch.setattr(reading, "_well_formed", nothing_is_well_formed)
        with_care = list(records(io.StringIO("a,b\n" + text, newline=""), source))
    assert in_passing == with_care
