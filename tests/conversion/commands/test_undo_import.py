"""The command as a user meets it."""

import uuid

import pytest
from django.core.management import CommandError, call_command

from conversion.models import ImportBatch, Lead
from tests.factories import touch

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(customer, tmp_path, capsys):
    path = tmp_path / "leads.csv"
    path.write_text("external_id\n1\n2\n")
    call_command("import_history", "acme", leads=path)
    capsys.readouterr()
    return ImportBatch.objects.for_client(customer).get()


def test_a_person_is_told_what_went(batch, capsys):
    call_command("undo_import", str(batch.pk))
    assert capsys.readouterr().out == "Undone. Removed: 2 leads. Restored: nothing.\n"
    assert not Lead.objects.for_client(batch.client).exists()
    call_command("undo_import", batch.pk.hex)
    assert capsys.readouterr().out == f"The import {batch.pk} was undone before; nothing was done now.\n"


def test_what_was_changed_is_told(batch, customer, tmp_path, capsys):
    path = tmp_path / "more.csv"
    path.write_text("external_id,title,industry\n1,CEO,Legal\n")
    call_command("import_history", "acme", leads=path)
    Lead.objects.for_client(customer).update(industry="Dental")
    later = ImportBatch.objects.for_client(customer).exclude(pk=batch.pk).get()
    capsys.readouterr()
    call_command("undo_import", str(later.pk))
    assert capsys.readouterr().out.splitlines() == [
        "Undone. Removed: nothing. Restored: 1 lead.",
        "Kept, since somebody changed it since then: 1 value.",
    ]


def test_what_cannot_be_undone_is_told_on_one_line_with_status_2(batch, customer):
    touch(Lead.objects.for_client(customer).first())
    for text, reason in (
        (
            str(batch.pk),
            f"cannot undo {batch.pk}: rows that are not of this import hang on rows that it created (1 touch)",
        ),
        ("7", "'7' is no id of an import"),
        (str(uuid.UUID(int=7)), f"there is no import {uuid.UUID(int=7)}"),
    ):
        with pytest.raises(CommandError) as caught:
            call_command("undo_import", text)
        assert caught.value.returncode == 2
        assert str(caught.value).startswith(reason)
        assert "\n" not in str(caught.value)
    assert Lead.objects.for_client(customer).count() == 2
