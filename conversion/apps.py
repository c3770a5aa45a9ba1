from typing import Any

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.core.management import call_command
from django.db.models.signals import post_migrate, pre_migrate


class ConversionConfig(AppConfig):
    name = "conversion"

    def ready(self) -> None:
        # checks and walls register on import; apps must be loaded
        from conversion import belonging, checks, policies, triggers, walls  # noqa: F401, PLC0415
        from conversion.account import noting  # noqa: F401, PLC0415

        pre_migrate.connect(triggers.remove, sender=self)
        for part in (triggers, belonging, policies):
            post_migrate.connect(part.install, sender=self)
        post_migrate.connect(make_cache, sender=self)


def make_cache(using: str = "default", **_: Any) -> None:
    """The table that limits of signing in are counted in. Where it is there already, nothing is done."""
    call_command("createcachetable", database=using, verbosity=0)


class TablesConfig(admin.AdminConfig):
    """Django's admin, with the site of this project. Neither stands in `conversion.admin`, which registers at that site."""

    default = False
    default_site = "conversion.tables.Tables"
