"""A file that cannot be read says so on one line, and why."""

import gzip

import pytest

from conversion.importer.faults import UnreadableFile
from conversion.importer.files import inspect

ROWS = "external_id,email\n1,ann@example.com\n"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty: there is no header row"),
        (b"\n\n", "it is empty: there is no header row"),
        (b"\xef\xbb\xbf", "it is empty: there is no header row"),
        (b",,\n", "its header row names no column"),
        (b"external_id,email,E-mail,email\n", "the column 'email' stands twice in the header"),
        (b"Email,email\n", "the column 'email' stands twice in the header"),
        (ROWS.encode("utf-16"), "it is UTF-16, by its byte order mark"),
        (ROWS.encode("utf-16-le"), "its header holds NUL bytes; if it is UTF-16"),
        (ROWS.encode("utf-32"), "it is UTF-32"),
        (
            "external_id,name\n1,Ann\n2,José\n".encode("latin-1"),
            r"it is not UTF-8 \(line 3, byte 0xe9; perhaps latin-1",
        ),
        ("external_id,name\n1,é".encode()[:-1], r"it is not UTF-8 \(line 2, byte 0xc3"),
        (gzip.compress(ROWS.encode() * 999, mtime=0)[:-9], "its gzip data is damaged or cut short"),
        (gzip.compress(ROWS.encode(), mtime=0)[:5], "its gzip data is damaged or cut short"),
        (gzip.compress(ROWS.encode("utf-16"), mtime=0), "it is UTF-16"),
        (b"PK\x03\x04....", "it is a workbook or a zip archive"),
        (b'external_id,"email\n1,x\n', "the quotes of its header row do not match"),
        (b"x" * 300 + b",y\n", "a column's name is longer than 255 characters"),
    ],
)
def test_what_is_no_csv_in_utf8_with_a_header_is_named(tmp_path, data, reason):
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=reason) as caught:
        inspect(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_a_file_that_is_not_there_or_is_a_directory_is_named(tmp_path):
    with pytest.raises(UnreadableFile, match=r"it cannot be read .No such file"):
        inspect(tmp_path / "none.csv")
    with pytest.raises(UnreadableFile, match=r"it cannot be read .Is a directory"):
        inspect(tmp_path)


def test_a_gzip_is_known_by_its_content(tmp_path):
    path = tmp_path / "leads.csv"
    path.write_bytes(gzip.compress(ROWS.encode(), mtime=0))
    source = inspect(path)
    assert (source.zipped, source.header, source.size) == (True, ("external_id", "email"), path.stat().st_size)


def test_latin_1_across_a_chunk_of_the_check_has_its_line(tmp_path, monkeypatch):
    monkeypatch.setattr("conversion.importer.files.CHUNK", 7)
    path = tmp_path / "leads.csv"
    path.write_bytes("a,b\né,1\né,2\n".encode() + "é,3\n".encode("latin-1"))
    with pytest.raises(UnreadableFile, match="line 4, byte 0xe9"):
        inspect(path)
