import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import conversion.models.rows
import conversion.vocabulary

STATES = ("queued", "started", "done", "failed", "held", "skipped", "abandoned")


class Migration(migrations.Migration):
    dependencies = [("patterns", "0003_pooled_weights"), ("conversion", "0007_ledger")]

    operations = [
        migrations.CreateModel(
            name="Rescoring",
            fields=[
                ("id", models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField(default=0)),
                ("after", models.JSONField(blank=True, null=True)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now, help_text="The moment of the scores.")),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("client", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name="rescoring", to="conversion.client")),
            ],
            options={"abstract": False},
        ),
        migrations.RemoveConstraint(model_name="learningrun", name="run_state"),
        migrations.AddField(model_name="learningrun", name="attempts", field=models.PositiveSmallIntegerField(default=0)),
        migrations.AddField(
            model_name="learningrun", name="claimed_by", field=models.CharField(blank=True, default="", max_length=80)
        ),
        migrations.AddField(
            model_name="learningrun",
            name="claimed_until",
            field=models.DateTimeField(blank=True, help_text="Whoever works on it is taken for vanished then, and it is done again.", null=True),
        ),
        migrations.AddField(
            model_name="learningrun",
            name="due_at",
            field=models.DateTimeField(blank=True, help_text="Not taken before.", null=True),
        ),
        migrations.AddField(
            model_name="learningrun",
            name="period",
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="learning_runs", to="conversion.flowperiod"),
        ),
        migrations.AlterField(model_name="learningrun", name="results", field=models.JSONField(blank=True, default=dict)),
        migrations.AlterField(
            model_name="learningrun",
            name="started_at",
            field=models.DateTimeField(blank=True, help_text="The last attempt.", null=True),
        ),
        migrations.AlterField(
            model_name="learningrun",
            name="state",
            field=models.CharField(choices=[(state, state) for state in STATES], default=conversion.vocabulary.RunState["QUEUED"], max_length=24),
        ),
        migrations.AddConstraint(
            model_name="learningrun",
            constraint=models.CheckConstraint(condition=models.Q(("state__in", list(STATES))), name="run_state"),
        ),
        migrations.AddConstraint(
            model_name="learningrun",
            constraint=models.UniqueConstraint(fields=("period", "client"), name="run_once_a_period"),
        ),
    ]
