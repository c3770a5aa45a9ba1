from django.db import migrations, models
from django.db.models import Q

from conversion.online import AddIndexOnline


class Migration(migrations.Migration):
    atomic = False  # the indexes are built while rows are written
    dependencies = [("conversion", "0013_uploads")]
    operations = [
        AddIndexOnline(
            "lead",
            models.Index(
                fields=["client", "-als_score", "-id"],
                condition=Q(als_score__isnull=False, deleted_at__isnull=True),
                name="lead_by_score",
            ),
        ),
        AddIndexOnline(
            "lead",
            models.Index(
                fields=["client", "last_name"],
                opclasses=["uuid_ops", "varchar_pattern_ops"],
                condition=~Q(last_name=""),
                name="lead_by_name",
            ),
        ),
    ]
