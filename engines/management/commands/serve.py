"""Migrate, and run all that the product needs, until told to stop: without a broker, or with the workers of the Procfile."""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from honcho import manager
from honcho.environ import parse_procfile

from conversion.management.plainly import told_plainly

PATIENCE = 22  # seconds to finish what was begun: a send has 15 to be answered; the whole has ended within 25


class Processes:
    """How the processes are ended: their first one is told, and tells its children itself; later the whole group is killed.

    A group that is told as a whole loses what a worker's children are sending.
    """

    def terminate(self, pid: int) -> None:
        self.signal(os.kill, pid, signal.SIGTERM)

    def kill(self, pid: int) -> None:
        self.signal(os.killpg, pid, signal.SIGKILL)

    def signal(self, send: Any, pid: int, number: int) -> None:
        with suppress(ProcessLookupError):
            send(pid, number)


class Command(BaseCommand):
    help = (
        "Migrate, then run web, senders and schedules in one group of processes until told to stop (TERM or INT). Without "
        "REDIS_URL by Procfile.embedded, with it by the Procfile. PORT names the port."
    )

    def handle(self, **options: Any) -> None:
        with told_plainly("nothing was started"):
            call_command("migrate", interactive=False, verbosity=options["verbosity"] - 1)
            file = settings.BASE_DIR / ("Procfile" if settings.REDIS_URL else "Procfile.embedded")
            group = self.group(parse_procfile(file.read_text()).processes)
        connections.close_all()
        self.stdout.write(f"http://localhost:{settings.PORT}/ ({file.name}; Ctrl-C ends it)")
        self.stdout.flush()
        group.loop()
        if group.returncode not in {0, 130, 143}:
            raise CommandError("A process ended by itself, and so did the others; see above.", returncode=1)

    def group(self, commands: dict[str, str]) -> manager.Manager:
        manager.KILL_WAIT = PATIENCE
        found = manager.Manager()
        found._procmgr = Processes()  # noqa: SLF001 (there is no other way to it)
        environment = {
            **os.environ,
            "PORT": str(settings.PORT),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
            "PYTHONUNBUFFERED": "1",
        }
        for name, command in commands.items():
            if name != "release":  # migrating is done
                found.add_process(name, f"exec {command}", env=environment, cwd=str(settings.BASE_DIR))
        return found
