"""The rejects file: safe to open in a spreadsheet, and every row in it as it was."""

import csv

import pytest

from conversion.importer.faults import Reject, UnusableInput
from conversion.importer.rejects import Rejects, guarded, unguarded


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("plain", "plain"),
        ("", ""),
        ("=1+1", "'=1+1"),
        ("+61", "'+61"),
        ("-5", "'-5"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("'=1+1", "''=1+1"),
        ("''@x", "'''@x"),
        ("'quoted'", "'quoted'"),
        ("a=1", "a=1"),
    ],
)
def test_no_cell_is_a_formula_and_each_can_be_had_back(cell, written):
    assert guarded(cell) == written
    assert unguarded(written) == cell


def test_a_row_is_written_with_its_line_its_column_and_the_reason(tmp_path):
    path = tmp_path / "out.csv"
    raw = '=cmd(),"two\nlines",é\r\n'
    with Rejects(path, [], asked=False) as rejects:
        rejects.write(Reject("leads.csv", 7, "-x", "is wrong", raw))
        assert not path.exists()  # not before it is whole
        rejects.keep()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [["line", "column", "reason", "file", "row"], ["7", "'-x", "is wrong", "leads.csv", "'" + raw]]
    assert unguarded(rows[1][4]) == raw


def test_without_rejects_there_is_a_file_only_where_it_was_asked_for(tmp_path):
    for asked in (True, False):
        path = tmp_path / f"{asked}.csv"
        with Rejects(path, [], asked=asked) as rejects:
            assert rejects.written is asked
            rejects.keep()
        assert path.exists() is asked


def test_what_is_not_kept_leaves_nothing(tmp_path):
    (tmp_path / "out.csv").write_text("older")
    with Rejects(tmp_path / "out.csv", [], asked=True) as rejects:
        rejects.write(Reject("leads.csv", 7, "", "is wrong", "x"))
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert (tmp_path / "out.csv").read_text() == "older"


def test_a_place_that_cannot_be_is_refused_at_once(tmp_path):
    source = tmp_path / "leads.csv"
    source.write_text("external_id\n")
    (tmp_path / "link.csv").symlink_to(source)
    for path, reason in (
        (source, "is a file that is imported"),
        (tmp_path / "link.csv", "is a file that is imported"),
        (tmp_path, "is a directory"),
        (tmp_path / "none" / "out.csv", "cannot be written .No such file"),
    ):
        with pytest.raises(UnusableInput, match=reason):
            Rejects(path, [source], asked=True)


def test_a_link_is_not_replaced(tmp_path):
    target = tmp_path / "target"
    target.write_text("kept")
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    with pytest.raises(UnusableInput, match="a device or a link"):
        Rejects(link, [], asked=True)
    with pytest.raises(UnusableInput, match="cannot be written"):
        Rejects(tmp_path / ("n" * 300), [], asked=True)
    assert target.read_text() == "kept"
