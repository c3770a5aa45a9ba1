from django.db import migrations, models
from django.db.models.deletion import RESTRICT

from conversion.online import LeaveRoom, Lighten

MODELS = ("lead", "activity", "event")


class Migration(migrations.Migration):
    """What an import costs PostgreSQL (docs/decisions/0021): a foreign key that follows from a trigger, and leads that move to
    another page when they are counted.
    """

    dependencies = [("conversion", "0016_lighter_touches")]
    operations = [
        *(
            Lighten(
                model,
                "batch",
                models.ForeignKey(
                    "conversion.ImportBatch",
                    null=True,
                    blank=True,
                    on_delete=RESTRICT,
                    related_name="+",
                    db_index=False,
                    db_constraint=False,
                ),
            )
            for model in MODELS
        ),
        LeaveRoom("lead", 50),
    ]
