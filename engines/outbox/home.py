"""Whether this is the database that messages go out of, or a copy of it.

What was restored or copied knows nothing of what its original sent since, so nothing goes out of it until somebody has said
what became of that (`engines.outbox.restored`). A copy is told by where it lies, which the database keeps: on PostgreSQL the
server, the database and the table, whose numbers no dump takes along; on SQLite the file. A snapshot of the whole machine is
not told, nor a file that was overwritten in its place.
"""

from pathlib import Path

from django.db import connection

from conversion.clock import database_now
from conversion.models import Sign

HOME = "home"
MAY_ASK = "SELECT has_function_privilege('pg_control_system()', 'execute')"  # an operator may have taken it away
SERVER = "(SELECT system_identifier::text FROM pg_control_system())"
PLACE = """SELECT concat_ws('/', {server}, (SELECT oid FROM pg_database WHERE datname = current_database()),
    'conversion_activity'::regclass::oid)"""


class NotAtHomeError(RuntimeError):
    """The database was restored or copied, and nobody has said yet what went out since."""


def here() -> str:
    """Where the database lies; empty for one in memory."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(MAY_ASK)
            server = SERVER if cursor.fetchone()[0] else "NULL"
            cursor.execute(PLACE.format(server=server))
            return str(cursor.fetchone()[0])
        cursor.execute("SELECT file FROM pragma_database_list WHERE name = 'main'")
        file = cursor.fetchone()[0]
    return str(Path(file).stat().st_ino) if file else ""


def require() -> None:
    """Raises NotAtHomeError where the database is a copy; one that nothing was sent out of yet is at home where it is."""
    place = here()
    sign, _ = Sign.objects.get_or_create(name=HOME, defaults={"value": place})
    if sign.value != place:
        raise NotAtHomeError(
            "Nothing is sent: this database was restored or copied since it last sent. Where it takes over from its original, "
            "run `manage.py after_restore`; where it is a copy for trials, leave it as it is."
        )


def adopt() -> None:
    """From now on the database is at home where it is."""
    Sign.objects.update_or_create(name=HOME, defaults={"value": here(), "at": database_now()})
