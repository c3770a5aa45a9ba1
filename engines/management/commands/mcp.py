"""Serve an assistant's tools over standard input and output (MCP), with the rights of a token."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from conversion.management.plainly import UNUSABLE, told_plainly

MISSING = "the MCP server is an optional extra, and not installed: run `make install-mcp`"


class Command(BaseCommand):
    help = (
        "Serve an assistant's tools over standard input and output (MCP), with the rights of the token in AGENCY_TOKEN."
    )

    def handle(self, **_: Any) -> None:
        if not settings.AGENCY_TOKEN:
            raise CommandError(
                "AGENCY_TOKEN is not set; `manage.py create_token USER --name assistant ...` prints a token",
                returncode=UNUSABLE,
            )
        try:
            from engines.mcp import door, server  # noqa: PLC0415 (an extra that may be missing)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] not in {"mcp", "mcp_types", "pydantic"}:
                raise
            raise CommandError(MISSING, returncode=UNUSABLE) from error
        with told_plainly("nothing was changed"):
            try:
                door.Door(settings.AGENCY_TOKEN).get("clients", limit="1")
            except door.Refused as error:
                raise CommandError(f"AGENCY_TOKEN: {error}", returncode=UNUSABLE) from error
            server.build(settings.AGENCY_TOKEN).run()
