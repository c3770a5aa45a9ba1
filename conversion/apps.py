from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class ConversionConfig(AppConfig):
    name = "conversion"

    def ready(self) -> None:
        # checks and walls register on import; apps must be loaded
        from conversion import belonging, checks, policies, triggers, walls  # noqa: F401, PLC0415

        pre_migrate.connect(triggers.remove, sender=self)
        for part in (triggers, belonging, policies):
            post_migrate.connect(part.install, sender=self)
