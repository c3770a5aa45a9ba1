import conversion.vocabulary
from django.db import migrations, models


class Migration(migrations.Migration):
    """Backfills are taken under a lease, as runs of learning are, so that they can be asked for."""

    dependencies = [("patterns", "0005_health")]
    operations = [
        migrations.RenameField("backfillrun", "counts", "results"),
        migrations.AlterField("backfillrun", "results", models.JSONField(blank=True, default=dict)),
        migrations.AlterField("backfillrun", "state", models.CharField(choices=[("queued", "queued"), ("started", "started"), ("done", "done"), ("failed", "failed"), ("held", "held"), ("skipped", "skipped"), ("abandoned", "abandoned")], default=conversion.vocabulary.RunState["QUEUED"], max_length=24)),
        migrations.AlterField("backfillrun", "started_at", models.DateTimeField(blank=True, help_text="The last attempt.", null=True)),
        migrations.AddField("backfillrun", "due_at", models.DateTimeField(blank=True, help_text="Not taken before.", null=True)),
        migrations.AddField("backfillrun", "attempts", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("backfillrun", "claimed_by", models.CharField(blank=True, default="", max_length=80)),
        migrations.AddField("backfillrun", "claimed_until", models.DateTimeField(blank=True, help_text="Whoever works on it is taken for vanished then, and it is done again.", null=True)),
    ]
