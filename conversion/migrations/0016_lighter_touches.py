from django.db import migrations, models
from django.db.models.deletion import CASCADE, SET_NULL

from conversion.online import Lighten


class Migration(migrations.Migration):
    """What migration 0015 has replaced, and a foreign key that follows from another (docs/decisions/0021)."""

    dependencies = [("conversion", "0015_narrow_indexes")]
    operations = [
        migrations.RemoveIndex("activity", "activity_sent_by"),
        Lighten(
            "activity",
            "client",
            models.ForeignKey(
                "conversion.Client", on_delete=CASCADE, related_name="activities", db_index=False, db_constraint=False
            ),
        ),
        Lighten("activity", "idempotency_key", models.CharField(blank=True, max_length=64, null=True)),
        Lighten(
            "activity",
            "sender",
            models.ForeignKey(
                "conversion.Sender", null=True, blank=True, on_delete=SET_NULL, related_name="activities", db_index=False
            ),
        ),
        Lighten(
            "activity",
            "sequence",
            models.ForeignKey(
                "conversion.Sequence", null=True, blank=True, on_delete=SET_NULL, related_name="activities", db_index=False
            ),
        ),
        Lighten(
            "event",
            "client",
            models.ForeignKey(
                "conversion.Client", on_delete=CASCADE, related_name="events", db_index=False, db_constraint=False
            ),
        ),
    ]
