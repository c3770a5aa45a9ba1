"""Files that somebody brought through the browser, from their upload until they are stored as facts (`conversion.imports`)."""

from typing import Any

from django.db import models
from django.utils.timezone import now

from conversion.models.ledger import Leased
from conversion.models.rows import Row, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import ImportStep, RunState


class ImportUpload(Leased, ClientRow):
    """One import as a person makes it: files, how their columns are read, and how far it came.

    files: [{"slot", "kind", "name", "size"}], size in bytes of text. mapping: the tables of a mapping file
    (docs/import.md) as JSON. results: by step; see `conversion.imports`. total: 0 until the rows were counted.
    """

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="uploads")
    step = word_field(ImportStep, default=ImportStep.MAP)
    files: "models.JSONField[Any, Any]" = models.JSONField(default=list)
    mapping: "models.JSONField[Any, Any]" = models.JSONField(default=dict, blank=True)
    done = models.PositiveIntegerField(default=0, help_text="Rows that were dealt with.")
    total = models.PositiveIntegerField(default=0, help_text="Rows that the files have.")
    batch = models.ForeignKey(
        "conversion.ImportBatch", null=True, blank=True, on_delete=models.SET_NULL, related_name="uploads"
    )
    created_at = models.DateTimeField(default=now)
    moved_at = models.DateTimeField(default=now, help_text="When somebody last did something with it.")

    class Meta:
        constraints = (
            one_of("state", RunState, "upload_state"),
            one_of("step", ImportStep, "upload_step"),
        )
        indexes = (models.Index(fields=["client", "created_at"], name="upload_of_client"),)

    def __str__(self) -> str:
        return f"import of {self.created_at:%Y-%m-%d %H:%M}"


class ImportPart(Row, ClientRow):
    """A piece of a file, compressed (zlib): web processes and workers share no disk, but the database."""

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="+", db_index=False)
    upload = models.ForeignKey(
        "conversion.ImportUpload", on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    slot = models.PositiveSmallIntegerField(help_text="Which file of the upload.")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["upload", "slot", "number"], name="part_of_upload"),)

    def __str__(self) -> str:
        return f"{self.slot}.{self.number}"


class ImportMapping(Row, ClientRow):
    """How a client's files with a certain header were read the last time."""

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    header = models.CharField(max_length=32, help_text="A digest of the columns' names.")
    mapping: "models.JSONField[Any, Any]" = models.JSONField(default=dict)
    used_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["client", "kind", "header"], name="mapping_of_header"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.header}"
