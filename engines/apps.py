from django.apps import AppConfig


class EnginesConfig(AppConfig):
    name = "engines"

    def ready(self) -> None:
        from engines import checks  # noqa: F401, PLC0415 (checks register on import; apps must be loaded)
        from engines.monitoring import requests  # noqa: F401, PLC0415 (Celery's signals find it)
        from engines.notices import checks as of_notices  # noqa: F401, PLC0415 (as above)
