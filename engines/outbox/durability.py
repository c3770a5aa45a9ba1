"""No send without a commit that stays, and none out of a copy: what is asked of the database before anything is sent."""

from django.db import connection

from engines.outbox import home


class NotDurableError(RuntimeError):
    """The database confirms commits that a power cut may take back."""


def require() -> None:
    """Raises NotDurableError where this connection's commits are confirmed before they are on the disk, and NotAtHomeError
    where the database is a copy.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SHOW synchronous_commit")
            durable = cursor.fetchone()[0] != "off"
            setting = "synchronous_commit = off"
        else:
            cursor.execute("PRAGMA synchronous")
            level = int(cursor.fetchone()[0])
            durable, setting = level >= FULL, f"synchronous = {level}"
    if not durable:
        raise NotDurableError(
            f"Nothing is sent: the database confirms commits before they are on the disk ({setting}). "
            "A send is claimed by a commit; lose it, and a message goes out twice."
        )
    home.require()


FULL = 2  # of SQLite's levels: 0 off, 1 normal, 2 full, 3 extra
