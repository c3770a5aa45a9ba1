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
        migrations.AlterField("healthalert", "code", models.CharField(choices=[("expired", "expired"), ("expiring_soon", "expiring soon"), ("low_sample", "low sample"), ("low_confidence", "low confidence"), ("extreme_weight", "extreme weight"), ("missing_pattern", "missing pattern"), ("drift", "drift"), ("unknown_send", "unknown send"), ("circuit_open", "circuit open"), ("sender_paused", "sender paused"), ("missed_run", "missed run"), ("learning_failed", "learning failed"), ("queue_age", "queue age"), ("stuck_send", "stuck send"), ("provider_errors", "provider errors"), ("mailbox_failed", "mailbox failed"), ("seat_signed_out", "seat signed out"), ("webhook_off", "webhook off")], max_length=24)),
    ]
