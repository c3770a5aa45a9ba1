"""System checks of telling: `manage.py check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 (Django's name)

from engines.notices.addressing import NO_MAIL


@register(Tags.security, deploy=True)
def check_notices(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if settings.EMAIL_BACKEND in {NO_MAIL, NO_MAIL.replace("dummy", "console")}:
        found.append(
            Warning(
                "EMAIL_HOST is not set: nobody is e-mailed of alerts.",
                hint="Set EMAIL_HOST and ALERTS_FROM to a mail server and an address of yours.",
                id="agency.W010",
            )
        )
    elif settings.DEFAULT_FROM_EMAIL.endswith("@localhost"):
        found.append(
            Warning(
                "ALERTS_FROM is not set: mail servers refuse alerts from localhost.",
                hint="Set ALERTS_FROM to an address of yours.",
                id="agency.W011",
            )
        )
    if settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        found.append(
            Warning(
                "WEBHOOKS_TO_PRIVATE_ADDRESSES is true: whoever sets a webhook can reach this server's own network.",
                hint="It is meant for trials; unset it.",
                id="agency.W012",
            )
        )
    return found
