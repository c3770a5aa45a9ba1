import conversion.models.notice
import conversion.models.rows
import conversion.vocabulary
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversion', '0007_ledger'),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('alert_opened', 'alert opened'), ('pattern_promoted', 'pattern promoted'), ('lead_converted', 'lead converted'), ('send_unknown', 'send unknown')], max_length=24)),
                ('subject', models.CharField(help_text="What it speaks of, such as an alert's id: told once of each.", max_length=80)),
                ('severity', models.CharField(blank=True, choices=[('high', 'high'), ('medium', 'medium')], default='', help_text='High: e-mailed at once; medium: in the daily digest; else not.', max_length=24)),
                ('payload', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('addressed_at', models.DateTimeField(blank=True, editable=False, help_text='When it was found out who is to be told.', null=True)),
                ('client', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='notices', to='conversion.client')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('url', models.CharField(max_length=500, validators=[conversion.models.notice.check_url])),
                ('kinds', models.JSONField(default=conversion.models.notice.every_kind, validators=[conversion.models.notice.check_kinds])),
                ('credentials', models.TextField(blank=True, default='', editable=False)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('agency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='conversion.agency')),
                ('client', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='conversion.client')),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('recipient', models.CharField(blank=True, default='', help_text='An e-mail address.', max_length=254)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('delivered', 'delivered'), ('failed', 'failed'), ('dropped', 'dropped')], default=conversion.vocabulary.DeliveryState['PENDING'], max_length=24)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('status_code', models.PositiveSmallIntegerField(blank=True, help_text='The last answer of an endpoint.', null=True)),
                ('answer', models.CharField(blank=True, default='', help_text='Why the last attempt did not work.', max_length=255)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='conversion.client')),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='conversion.notice')),
                ('endpoint', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='conversion.webhookendpoint')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
            },
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('addressed_at__isnull', True)), fields=['created_at'], name='notice_to_address'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.UniqueConstraint(fields=('client', 'kind', 'subject'), name='notice_once'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['alert_opened', 'pattern_promoted', 'lead_converted', 'send_unknown'])), name='notice_kind'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('severity__in', ['high', 'medium', ''])), name='notice_severity'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agency__isnull', True), ('client__isnull', False)), models.Q(('agency__isnull', False), ('client__isnull', True)), _connector='OR'), name='webhook_of_one_owner'),
        ),
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['due_at'], name='delivery_due'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('endpoint__isnull', False)), fields=('notice', 'endpoint'), name='delivery_once_by_webhook'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('recipient', ''), _negated=True), fields=('notice', 'recipient'), name='delivery_once_by_email'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('endpoint__isnull', True), models.Q(('recipient', ''), _negated=True)), models.Q(('endpoint__isnull', False), ('recipient', '')), _connector='OR'), name='delivery_to_one'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'delivered', 'failed', 'dropped'])), name='delivery_state'),
        ),
    ]
