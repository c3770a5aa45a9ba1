import conversion.models.rows
import conversion.vocabulary
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patterns', '0004_runs'),
    ]

    operations = [
        migrations.AlterField(
            model_name='healthalert',
            name='code',
            field=models.CharField(choices=[('expired', 'expired'), ('expiring_soon', 'expiring soon'), ('low_sample', 'low sample'), ('low_confidence', 'low confidence'), ('extreme_weight', 'extreme weight'), ('missing_pattern', 'missing pattern'), ('drift', 'drift'), ('unknown_send', 'unknown send'), ('circuit_open', 'circuit open'), ('sender_paused', 'sender paused'), ('missed_run', 'missed run'), ('learning_failed', 'learning failed'), ('queue_age', 'queue age'), ('stuck_send', 'stuck send'), ('provider_errors', 'provider errors'), ('mailbox_failed', 'mailbox failed'), ('seat_signed_out', 'seat signed out')], max_length=24),
        ),
        migrations.CreateModel(
            name='BackfillRun',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('started', 'started'), ('done', 'done'), ('failed', 'failed'), ('held', 'held'), ('skipped', 'skipped'), ('abandoned', 'abandoned')], default=conversion.vocabulary.RunState['STARTED'], max_length=24)),
                ('content', models.BooleanField(default=True, help_text='Rebuild snapshots from metadata.')),
                ('als', models.BooleanField(default=True, help_text='Score leads that have no components.')),
                ('learning', models.BooleanField(default=True, help_text='Learn in the end.')),
                ('marker', models.JSONField(blank=True, help_text='created_at and id of the last lead that is done.', null=True)),
                ('leads', models.PositiveIntegerField(default=0, help_text='Leads that are done.')),
                ('total', models.PositiveIntegerField(default=0, help_text='Leads there were when it began.')),
                ('counts', models.JSONField(default=dict)),
                ('started_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('moved_at', models.DateTimeField(default=django.utils.timezone.now, help_text='When the marker moved last.')),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('error', models.TextField(blank=True, default='')),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backfills', to='conversion.client')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'started', 'done', 'failed', 'held', 'skipped', 'abandoned'])), name='backfill_state')],
            },
        ),
    ]
