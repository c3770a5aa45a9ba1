"""Bring a simulated history into the database, through the importer that a user's own files go through."""

import tempfile
from pathlib import Path
from typing import Any

from django.core.management import call_command

from conversion.clients import ClientNotFound, create_client, find_client
from conversion.models import Client
from patterns.simulator.files import write
from patterns.simulator.history import History
from patterns.simulator.scoring import ICP


def load(history: History, client: str, **options: Any) -> None:
    """Import the history for the client of this name, which is made if need be. options: of the import_history command."""
    owner = _client(client)
    with tempfile.TemporaryDirectory(prefix="simulated-") as folder:
        write(history, Path(folder))
        files = {kind: Path(folder) / f"{kind}.csv" for kind in ("leads", "activities", "events")}
        call_command("import_history", str(owner.pk), **files, **options)


def _client(name: str) -> Client:
    """The client, or a new one that looks for the kind of leads that the simulated worlds hold."""
    try:
        return find_client(name)
    except ClientNotFound:
        client = create_client(name)
        client.icp = {**client.icp, **ICP}
        client.save(update_fields=["icp"])
        return client
