"""Putting addresses on the list, as people write them."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from conversion.entries import UnusableEntry, entry
from conversion.models import Suppression
from conversion.suppressions import names_of, naming
from tests.factories import lead

pytestmark = pytest.mark.django_db


def suppress(*values, **options):
    out = io.StringIO()
    call_command("suppress", *values, stdout=out, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Ada@Example.COM ", ("email", "ada@example.com")),
        ("Example.COM", ("domain", "example.com")),
        ("+61 (0)2 9999 1234", ("phone", "+61299991234")),
        ("https://www.linkedin.com/in/Ada-Lovelace/", ("linkedin", "ada-lovelace")),
    ],
)
def test_what_is_meant(text, expected):
    kind, value = entry(text)
    assert kind == expected[0]
    assert value == expected[1] or (kind == "linkedin" and "ada-lovelace" in value)


@pytest.mark.parametrize(
    "text", ["ada", "a@@b", "+12", "0412 345 678", "a b.com", "https://example.com/x", "x" * 300 + ".com"]
)
def test_what_is_none_is_refused_by_name(text):
    with pytest.raises(UnusableEntry, match="is no"):
        entry(text)


def test_each_scope_binds_its_own(customer, make_client, agency):
    assert suppress("ada@example.com", client=customer.slug).startswith("1 put on the list of Acme")
    assert suppress("example.org", agency=agency.slug, reason="asked by phone").startswith(
        "1 put on the list of Northwind"
    )
    assert suppress("+61299991234", everybody=True).startswith("1 put on everybody's list")
    rows = Suppression.objects.order_by("kind").values_list("kind", "value", "client", "agency", "reason")
    assert list(rows) == [
        ("domain", "example.org", None, agency.pk, "asked by phone"),
        ("email", "ada@example.com", customer.pk, None, ""),
        ("phone", "+61299991234", None, None, ""),
    ]
    person = lead(customer, external_id="1", email="Ada@example.com", email_key="ada@example.com")
    assert Suppression.objects.filter(naming(names_of(person))).exists()


def test_a_file_is_put_on_the_list_whole_or_not_at_all(customer, tmp_path):
    file = tmp_path / "stop.txt"
    file.write_text("\ufeffada@example.com\n\nbob@example.com\n")
    assert "2 put on" in suppress(client=customer.slug, file=file)
    assert "0 put on the list of Acme, 2 stood there" in suppress(client=customer.slug, file=file)
    file.write_text("eve@example.com\nnobody\n")
    with pytest.raises(CommandError, match="entry 2: 'nobody' is no") as error:
        suppress(client=customer.slug, file=file)
    assert error.value.returncode == 2
    assert Suppression.objects.count() == 2


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ([], {"everybody": True}, "Nothing to put on the list"),
        (["a@b.com"], {"agency": "nowhere"}, "There is no agency"),
        (["a@b.com"], {"client": "nowhere"}, "nowhere"),
        ([], {"everybody": True, "file": Path("/nonexistent")}, "nothing was put on the list"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(values, options, words):
    with pytest.raises(CommandError, match=words):
        suppress(*values, **options)
