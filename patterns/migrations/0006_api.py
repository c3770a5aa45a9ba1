from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("patterns", "0005_health")]
    operations = []
