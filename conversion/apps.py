from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ConversionConfig(AppConfig):
    name = "conversion"

    def ready(self) -> None:
        from conversion import checks, policies, triggers, walls  # noqa: F401, PLC0415 (they register on import; apps must be loaded)

        post_migrate.connect(triggers.install, sender=self)
        post_migrate.connect(policies.install, sender=self)
