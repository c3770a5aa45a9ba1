"""The settings of a PostgreSQL connection that say what it is shown (`conversion.walls`). Knows no Django: settings name it."""

from typing import Any

CLIENTS, USER = "agency_os.clients", "agency_os.user"


def taken_back(connection: Any) -> None:
    """Of psycopg's own connection: nothing is shown any more. Called by the pool with each that is given back."""
    for setting in ("role", CLIENTS, USER):
        quoted = setting.replace(".", '"."')  # "user" is a word of SQL
        connection.execute(f'RESET "{quoted}"')
    if not connection.autocommit:
        connection.commit()
