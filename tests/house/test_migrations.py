"""The migrations describe the models."""

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_nothing_is_left_to_migrate():
    call_command("makemigrations", "conversion", "patterns", check=True, dry_run=True, verbosity=0)
