import conversion.models.rows
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("conversion", "0005_inbound")]

    operations = [
        migrations.CreateModel(
            name='Connection',
            fields=[
                ('id', models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('invited', 'invited'), ('accepted', 'accepted'), ('withdrawn', 'withdrawn'), ('unconnected', 'unconnected')], max_length=24)),
                ('person_id', models.CharField(blank=True, default='', help_text="The person's id at the provider, as this seat sees it.", max_length=255)),
                ('chat_id', models.CharField(blank=True, default='', help_text="The provider's id of the chat with the person.", max_length=255)),
                ('invited_at', models.DateTimeField(blank=True, null=True)),
                ('accepted_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('client', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connections', to='conversion.client')),
                ('lead', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='connections', to='conversion.lead')),
                ('sender', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='connections', to='conversion.sender')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('person_id', ''), _negated=True), fields=['person_id'], name='connection_person')],
                'constraints': [models.UniqueConstraint(fields=('lead', 'sender'), name='connection_once'), models.CheckConstraint(condition=models.Q(('state__in', ['invited', 'accepted', 'withdrawn', 'unconnected'])), name='connection_state')],
            },
        ),
    ]
