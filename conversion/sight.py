"""The settings of a PostgreSQL connection that say what it is shown (`conversion.walls`). Knows no Django: settings name it."""

from typing import Any

CLIENTS, USER = "agency_os.clients", "agency_os.user"


def taken_back(connection: Any) -> None:
    """Of psycopg's own connection: nothing is shown any more. Called by the pool with each that is given back."""
    for setting in ("ROLE", CLIENTS, USER):
        connection.execute(f"RESET {setting}")
    if not connection.autocommit:
        connection.commit()
