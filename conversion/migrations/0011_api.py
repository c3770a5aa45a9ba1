import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

import conversion.models.rows

ID = models.UUIDField(default=conversion.models.rows.new_id, editable=False, primary_key=True, serialize=False)
ROLES = ["viewer", "operator", "admin"]


class Migration(migrations.Migration):
    dependencies = [("conversion", "0010_operations"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                ("id", ID.clone()),
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("expiry", models.DateTimeField(blank=True, null=True)),
                ("digest", models.CharField(editable=False, max_length=128, unique=True)),
                ("name", models.CharField(help_text="What it is for.", max_length=80)),
                (
                    "role",
                    models.CharField(choices=[(role, role) for role in ROLES], default="viewer", max_length=24),
                ),
                ("everywhere", models.BooleanField(default=False)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("clients", models.ManyToManyField(blank=True, related_name="tokens", to="conversion.client")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE, related_name="auth_token_set", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "constraints": [
                    models.CheckConstraint(condition=Q(role__in=ROLES), name="token_role"),
                    models.UniqueConstraint(
                        fields=["user", "name"], condition=Q(revoked_at__isnull=True), name="token_name_of_user"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", ID.clone()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("actor", models.CharField(max_length=255)),
                ("action", models.CharField(max_length=40)),
                ("object_type", models.CharField(max_length=80)),
                ("object_id", models.CharField(max_length=80)),
                ("changes", models.JSONField(default=dict)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=models.deletion.DO_NOTHING,
                        related_name="+",
                        to="conversion.client",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "indexes": [
                    models.Index(fields=["client", "at"], name="audit_of_client"),
                    models.Index(fields=["object_type", "object_id"], name="audit_of_object"),
                ],
            },
        ),
        migrations.CreateModel(
            name="IdempotentCall",
            fields=[
                ("id", ID.clone()),
                ("key", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("status", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("answer", models.TextField(blank=True, default="")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "token",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=models.deletion.CASCADE,
                        related_name="+",
                        to=settings.KNOX_TOKEN_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["token", "key"], condition=Q(token__isnull=False), name="idempotent_call_of_token"
                    ),
                    models.UniqueConstraint(
                        fields=["user", "key"], condition=Q(token__isnull=True), name="idempotent_call_of_user"
                    ),
                ],
                "indexes": [models.Index(fields=["created_at"], name="idempotent_call_by_age")],
            },
        ),
    ]
