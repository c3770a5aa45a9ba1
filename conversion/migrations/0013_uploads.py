import conversion.models.rows
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("conversion", "0012_desk_indexes"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportUpload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "queued"),
                            ("started", "started"),
                            ("done", "done"),
                            ("failed", "failed"),
                            ("held", "held"),
                            ("skipped", "skipped"),
                            ("abandoned", "abandoned"),
                        ],
                        default="queued",
                        max_length=24,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, help_text="Not taken before.", null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_by", models.CharField(blank=True, default="", max_length=80)),
                (
                    "claimed_until",
                    models.DateTimeField(
                        blank=True,
                        help_text="Whoever works on it is taken for vanished then, and it is done again.",
                        null=True,
                    ),
                ),
                ("started_at", models.DateTimeField(blank=True, help_text="The last attempt.", null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("results", models.JSONField(blank=True, default=dict)),
                ("error", models.TextField(blank=True, default="")),
                (
                    "step",
                    models.CharField(
                        choices=[("map", "map"), ("check", "check"), ("store", "store"), ("undo", "undo")],
                        default="map",
                        max_length=24,
                    ),
                ),
                ("files", models.JSONField(default=list)),
                ("mapping", models.JSONField(blank=True, default=dict)),
                ("done", models.PositiveIntegerField(default=0, help_text="Rows that were dealt with.")),
                ("total", models.PositiveIntegerField(default=0, help_text="Rows that the files have.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "moved_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, help_text="When somebody last did something with it."
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to="conversion.importbatch",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="conversion.client"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportPart",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("slot", models.PositiveSmallIntegerField(help_text="Which file of the upload.")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField()),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversion.client",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="conversion.importupload",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ImportMapping",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("kind", models.CharField(max_length=12)),
                ("header", models.CharField(help_text="A digest of the columns' names.", max_length=32)),
                ("mapping", models.JSONField(default=dict)),
                ("used_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "client",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="conversion.client",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("client", "kind", "header"), name="mapping_of_header")],
            },
        ),
        migrations.AddIndex(
            model_name="importupload",
            index=models.Index(fields=["client", "created_at"], name="upload_of_client"),
        ),
        migrations.AddConstraint(
            model_name="importupload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["queued", "started", "done", "failed", "held", "skipped", "abandoned"])
                ),
                name="upload_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="importupload",
            constraint=models.CheckConstraint(
                condition=models.Q(("step__in", ["map", "check", "store", "undo"])), name="upload_step"
            ),
        ),
        migrations.AddConstraint(
            model_name="importpart",
            constraint=models.UniqueConstraint(fields=("upload", "slot", "number"), name="part_of_upload"),
        ),
    ]
