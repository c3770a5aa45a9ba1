"""Bring a simulated history into the database, through the importer that a user's own files go through."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.management import call_command

from patterns.simulator.files import write
from patterns.simulator.history import History


def load(history: History, client: str, **options: Any) -> None:
    """Import the history for the client of this name, which is made if need be. options: of the import_history command."""
    with tempfile.TemporaryDirectory(prefix="simulated-") as folder:
        write(history, Path(folder))
        files = {kind: str(Path(folder) / f"{kind}.csv") for kind in ("leads", "activities", "events")}
        call_command("import_history", client, **files, create=True, **options)
