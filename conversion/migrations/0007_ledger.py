import django.utils.timezone
from django.db import migrations, models

import conversion.models.rows
import conversion.vocabulary

EVERY_SUNDAY = {"minute": "0", "hour": "2", "day_of_week": "0"}
EVERY_MORNING = {"minute": "0", "hour": "6"}


def schedules(apps, _editor):
    """The schedules, as rows that operators change in the admin. What is there already stays as it is."""
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    interval = apps.get_model("django_celery_beat", "IntervalSchedule")
    for name, moments in (("pattern_learning_flow", EVERY_SUNDAY), ("pattern_health_flow", EVERY_MORNING)):
        if not task.objects.filter(name=name).exists():
            when = crontab.objects.create(**moments, timezone="UTC")
            # What was due before there was anything to run is not caught up.
            task.objects.create(name=name, task=name, crontab=when, start_time=django.utils.timezone.now())
    for name, seconds in (("poll", 60), ("send_due", 10)):
        if not task.objects.filter(name=name).exists():
            every = interval.objects.create(every=seconds, period="seconds")
            # A message that no worker took in time is not worth taking any more.
            task.objects.create(name=name, task=name, interval=every, expire_seconds=seconds)


class Migration(migrations.Migration):
    dependencies = [
        ("conversion", "0006_linkedin"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [
        migrations.CreateModel(
            name="FlowPeriod",
            fields=[
                ("id", models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ("state", models.CharField(choices=[("queued", "queued"), ("started", "started"), ("done", "done"), ("failed", "failed"), ("held", "held"), ("skipped", "skipped"), ("abandoned", "abandoned")], default=conversion.vocabulary.RunState["QUEUED"], max_length=24)),
                ("due_at", models.DateTimeField(blank=True, help_text="Not taken before.", null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_by", models.CharField(blank=True, default="", max_length=80)),
                ("claimed_until", models.DateTimeField(blank=True, help_text="Whoever works on it is taken for vanished then, and it is done again.", null=True)),
                ("started_at", models.DateTimeField(blank=True, help_text="The last attempt.", null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("results", models.JSONField(blank=True, default=dict)),
                ("error", models.TextField(blank=True, default="")),
                ("flow", models.CharField(choices=[("pattern_learning_flow", "pattern learning flow"), ("pattern_health_flow", "pattern health flow"), ("pattern_backfill_flow", "pattern backfill flow")], max_length=24)),
                ("period", models.DateTimeField(help_text="The moment it was due by the schedule, or asked for: it looks at facts up to it.")),
                ("is_asked", models.BooleanField(default=False, help_text="By a person, not by the schedule.")),
                ("scope", models.JSONField(blank=True, default=dict)),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [models.Index(fields=["state", "due_at"], name="flow_period_by_state")],
                "constraints": [
                    models.UniqueConstraint(fields=("flow", "period"), name="flow_period"),
                    models.CheckConstraint(condition=models.Q(("flow__in", ["pattern_learning_flow", "pattern_health_flow", "pattern_backfill_flow"])), name="flow_period_flow"),
                    models.CheckConstraint(condition=models.Q(("state__in", ["queued", "started", "done", "failed", "held", "skipped", "abandoned"])), name="flow_period_state"),
                ],
            },
        ),
        migrations.RunPython(schedules, migrations.RunPython.noop),
    ]
