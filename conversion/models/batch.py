"""Imports, and what each of them changed, so that it can be undone."""

from django.db import models
from django.utils.timezone import now

from conversion.models.rows import Row
from conversion.tenancy import ClientRow


class ImportBatch(Row, ClientRow):
    """One run of the importer. Rows it created point to it; rows it changed have an ImportChange."""

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="batches")
    files = models.JSONField(default=dict)
    counts = models.JSONField(default=dict)
    started_at = models.DateTimeField(default=now)
    finished_at = models.DateTimeField(null=True, blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "import batches"

    def __str__(self) -> str:
        return f"import {self.started_at:%Y-%m-%d %H:%M}"


class ImportChange(Row, ClientRow):
    """A row that an import changed, as it was before. `after` holds the columns that the import changed, as it left
    them: an undo restores those that nobody changed since. It is empty while the import runs.
    """

    TABLES = (("lead", "lead"), ("activity", "activity"), ("event", "event"))

    client = models.ForeignKey("conversion.Client", on_delete=models.CASCADE, related_name="+", db_index=False)
    batch = models.ForeignKey("conversion.ImportBatch", on_delete=models.CASCADE, related_name="changes")
    table = models.CharField(max_length=8, choices=TABLES)
    row_id = models.UUIDField(db_index=True)
    before = models.JSONField()
    after = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(table__in=["lead", "activity", "event"]), name="change_table"),
        )

    def __str__(self) -> str:
        return f"{self.table} {self.row_id}"
