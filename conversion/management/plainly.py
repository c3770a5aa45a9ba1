"""Every way in which a command can fail, as one line for a person. `--traceback` shows the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import CommandError
from django.db import DatabaseError

UNUSABLE = 2  # exit status: the input cannot be used, and nothing was changed
FAILED = 1
INTERRUPTED = 130  # 128 and the number of SIGINT, as shells count
NO_TABLES = ("no such table", "no such column", "does not exist")


@contextmanager
def told_plainly(kept: str, *unusable: type[Exception]) -> Iterator[None]:
    """Turn exceptions into CommandErrors. kept: what holds of the data then, such as "nothing was undone". unusable: what
    is raised on input that cannot be used, with a message for a person.
    """
    try:
        yield
    except CommandError:
        raise
    except unusable as error:
        raise CommandError(one_line(error), returncode=UNUSABLE) from error
    except DatabaseError as error:
        text = one_line(error)
        hint = "; run `python manage.py migrate` first" if any(sign in text for sign in NO_TABLES) else ""
        raise CommandError(f"the database refused, and {kept}: {text}{hint}", returncode=FAILED) from error
    except OSError as error:
        raise CommandError(f"{kept}: {one_line(error)}", returncode=FAILED) from error
    except KeyboardInterrupt as error:
        raise CommandError(f"interrupted, and {kept}", returncode=INTERRUPTED) from error
    except Exception as error:  # a fault of the program is no reason to show a person its insides
        text = f"{type(error).__name__}: {one_line(error)}"
        raise CommandError(f"a fault of this program, and {kept}: {text}", returncode=FAILED) from error


def one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
