from django.db import migrations, models
from django.db.models import Q

from conversion.online import AddIndexOnline, AddUniqueOnline


class Migration(migrations.Migration):
    atomic = False  # the indexes are built while rows are written
    dependencies = [("conversion", "0014_lead_lists")]
    operations = [
        AddUniqueOnline(
            "activity",
            models.UniqueConstraint(
                fields=["idempotency_key"], condition=Q(idempotency_key__isnull=False), name="activity_idempotency_key"
            ),
        ),
        AddIndexOnline(
            "activity",
            models.Index(fields=["sequence"], condition=Q(sequence__isnull=False), name="activity_of_sequence"),
        ),
        AddIndexOnline(
            "activity",
            models.Index(fields=["sender", "sent_at"], condition=Q(sender__isnull=False), name="activity_of_sender"),
        ),
    ]
