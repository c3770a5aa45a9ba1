"""The database's clock. Leases and due times are compared by it alone: a worker's own clock may be an hour off."""

from datetime import UTC, datetime

from django.db import connection

SQLITE = "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"
POSTGRESQL = "SELECT statement_timestamp()"


def database_now() -> datetime:
    """The present moment by the database's clock, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(POSTGRESQL if connection.vendor == "postgresql" else SQLITE)
        value = cursor.fetchone()[0]
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    moment: datetime = value
    return moment.astimezone(UTC)
