from django.db import migrations, models
from django.db.models import Q

from conversion.online import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False  # the indexes are built while rows are written
    dependencies = [("conversion", "0011_api")]
    operations = [
        AddIndexOnline(
            "activity", models.Index(fields=["client", "state", "sent_at", "led_to_booking"], name="activity_by_state")
        ),
        AddIndexOnline(
            "lead",
            models.Index(
                fields=["client", "converted_at"], condition=Q(converted_at__isnull=False), name="lead_by_booking"
            ),
        ),
    ]
