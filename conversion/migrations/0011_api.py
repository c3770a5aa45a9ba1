from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("conversion", "0010_operations")]
    operations = []
