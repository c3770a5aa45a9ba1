"""Bring a simulated history into the database, through the importer that a user's own files go through."""

import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management import call_command

from conversion.clients import ClientNotFound, create_client, find_client
from conversion.models import Client
from patterns.simulator.files import write, write_rows
from patterns.simulator.history import History
from patterns.simulator.rows import person_row
from patterns.simulator.scoring import ICP
from patterns.simulator.world import Simulation


def load(history: History, client: str, **options: Any) -> None:
    """Import the history for the client of this name, which is made if need be. options: of the import_history command."""
    owner = _client(client)
    with tempfile.TemporaryDirectory(prefix="simulated-") as folder:
        write(history, Path(folder))
        files = {kind: Path(folder) / f"{kind}.csv" for kind in ("leads", "activities", "events")}
        call_command("import_history", str(owner.pk), **files, **options)


def load_fresh(simulation: Simulation, client: str, leads: int, seed: int, **options: Any) -> None:
    """Import leads of the same world to whom nothing was sent yet; their keys begin with `new`."""
    people = simulation.fresh(leads, np.random.default_rng(seed))
    rows = (person_row(people, number, "new") for number in range(leads))
    with tempfile.TemporaryDirectory(prefix="simulated-") as folder:
        path = Path(folder) / "leads.csv"
        first = next(rows)
        write_rows(path, tuple(first), chain([first], rows))
        call_command("import_history", str(find_client(client).pk), leads=path, **options)


def _client(name: str) -> Client:
    """The client, or a new one that looks for the kind of leads that the simulated worlds hold."""
    try:
        return find_client(name)
    except ClientNotFound:
        client = create_client(name)
        client.icp = {**client.icp, **ICP}
        client.save(update_fields=["icp"])
        return client
