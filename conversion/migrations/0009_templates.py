from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversion", "0008_notices")]
    operations = [
        migrations.AddField(
            model_name="sequence",
            name="gaps",
            field=models.JSONField(
                default=list,
                help_text="Days before touch 2, 3, .. as they were planned, on the lead's calendar.",
            ),
        ),
    ]
