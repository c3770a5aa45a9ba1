from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

import conversion.models.rows
from conversion.online import AddIndexOnline

OPEN = Q(state__in=["planned", "queued", "claimed", "dispatching", "unknown", "held"])


class Migration(migrations.Migration):
    atomic = False  # the indexes are built while rows are written
    dependencies = [("conversion", "0009_templates")]
    operations = [
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("uid_validity", models.BigIntegerField(blank=True, null=True)),
                ("last_uid", models.BigIntegerField(default=0)),
                ("resting_until", models.DateTimeField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0, help_text="In a row.")),
                ("error", models.TextField(blank=True, default="")),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=models.deletion.CASCADE, related_name="mailbox", to="conversion.provideraccount"
                    ),
                ),
            ],
            options={"verbose_name_plural": "mailboxes"},
        ),
        migrations.CreateModel(
            name="Sign",
            fields=[
                ("name", models.CharField(max_length=24, primary_key=True, serialize=False)),
                ("value", models.CharField(blank=True, default="", max_length=80)),
                ("at", models.DateTimeField(default=timezone.now)),
            ],
        ),
        AddIndexOnline("activity", models.Index(fields=["sender", "scheduled_at"], condition=OPEN, name="activity_booked")),
        AddIndexOnline(
            "activity", models.Index(fields=["dispatched_at"], condition=Q(state="failed"), name="activity_failed")
        ),
    ]
