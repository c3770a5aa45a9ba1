from django.apps import AppConfig


class EnginesConfig(AppConfig):
    name = "engines"

    def ready(self) -> None:
        from engines import checks  # noqa: F401, PLC0415 (checks register on import; apps must be loaded)
