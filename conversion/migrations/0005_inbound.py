import conversion.models.rows
import conversion.vocabulary
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversion', '0004_guard'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BookingHook',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('credentials', models.TextField(blank=True, default='', editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('client', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='booking_hook', to='conversion.client')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Callback',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(editable=False, max_length=64, unique=True)),
                ('source', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('accepted', 'accepted'), ('delivered', 'delivered'), ('opened', 'opened'), ('clicked', 'clicked'), ('failed', 'failed'), ('bounced', 'bounced'), ('complained', 'complained'), ('unsubscribed', 'unsubscribed'), ('replied', 'replied'), ('meeting_booked', 'meeting booked'), ('meeting_cancelled', 'meeting cancelled'), ('invitation_accepted', 'invitation accepted'), ('call_completed', 'call completed')], max_length=24)),
                ('occurred_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('payload', models.JSONField(blank=True, default=dict)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('done', 'done'), ('ignored', 'ignored'), ('failed', 'failed')], default=conversion.vocabulary.CallbackState['DONE'], max_length=24)),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='How often it broke.')),
                ('retry_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversion.provideraccount')),
                ('activity', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='callbacks', to='conversion.activity')),
                ('client', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversion.client')),
            ],
        ),
        migrations.CreateModel(
            name='InboundMessage',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('accepted', 'accepted'), ('delivered', 'delivered'), ('opened', 'opened'), ('clicked', 'clicked'), ('failed', 'failed'), ('bounced', 'bounced'), ('complained', 'complained'), ('unsubscribed', 'unsubscribed'), ('replied', 'replied'), ('meeting_booked', 'meeting booked'), ('meeting_cancelled', 'meeting cancelled'), ('invitation_accepted', 'invitation accepted'), ('call_completed', 'call completed')], max_length=24)),
                ('channel', models.CharField(blank=True, choices=[('email', 'email'), ('sms', 'sms'), ('linkedin', 'linkedin'), ('voice', 'voice'), ('mail', 'mail')], default='', max_length=24)),
                ('provider_id', models.CharField(blank=True, default='', max_length=255)),
                ('person', models.CharField(blank=True, default='', max_length=500)),
                ('person_key', models.CharField(blank=True, default='', editable=False, max_length=255)),
                ('ours', models.CharField(blank=True, default='', max_length=500)),
                ('subject', models.TextField(blank=True, default='')),
                ('text', models.TextField(blank=True, default='')),
                ('references', models.JSONField(blank=True, default=list)),
                ('received_at', models.DateTimeField()),
                ('reading', models.CharField(blank=True, default='', max_length=24)),
                ('rule', models.CharField(blank=True, default='', max_length=120)),
                ('until', models.DateField(blank=True, null=True)),
                ('state', models.CharField(choices=[('matched', 'matched'), ('unmatched', 'unmatched'), ('settled', 'settled'), ('dismissed', 'dismissed')], default=conversion.vocabulary.InboundState['MATCHED'], max_length=24)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversion.provideraccount')),
                ('activity', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='conversion.activity')),
                ('callback', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='message', to='conversion.callback')),
                ('client', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='inbound', to='conversion.client')),
                ('event', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='conversion.event')),
                ('lead', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='inbound', to='conversion.lead')),
                ('sender', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='conversion.sender')),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['retry_at'], name='callback_waiting'),
        ),
        migrations.AddIndex(
            model_name='callback',
            index=models.Index(fields=['received_at'], name='callback_by_received'),
        ),
        migrations.AddConstraint(
            model_name='callback',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['accepted', 'delivered', 'opened', 'clicked', 'failed', 'bounced', 'complained', 'unsubscribed', 'replied', 'meeting_booked', 'meeting_cancelled', 'invitation_accepted', 'call_completed'])), name='callback_kind'),
        ),
        migrations.AddConstraint(
            model_name='callback',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'done', 'ignored', 'failed'])), name='callback_state'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(condition=models.Q(('state', 'unmatched')), fields=['received_at'], name='inbound_unmatched'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(condition=models.Q(('person_key', ''), _negated=True), fields=['person_key'], name='inbound_by_person'),
        ),
        migrations.AddIndex(
            model_name='inboundmessage',
            index=models.Index(fields=['client', 'received_at'], name='inbound_of_client'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['accepted', 'delivered', 'opened', 'clicked', 'failed', 'bounced', 'complained', 'unsubscribed', 'replied', 'meeting_booked', 'meeting_cancelled', 'invitation_accepted', 'call_completed'])), name='inbound_kind'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['email', 'sms', 'linkedin', 'voice', 'mail', ''])), name='inbound_channel'),
        ),
        migrations.AddConstraint(
            model_name='inboundmessage',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['matched', 'unmatched', 'settled', 'dismissed'])), name='inbound_state'),
        ),
    ]
