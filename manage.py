#!/usr/bin/env python
"""The command line: `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agency_os.settings")
    try:
        from django.core.management import execute_from_command_line  # noqa: PLC0415 (a missing install is explained)
    except ImportError as error:
        sys.exit(f"Django is not installed here ({error}). Run `make install`, then use .venv/bin/python.")
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 (as above)

    from conversion import logs  # noqa: PLC0415 (as above)

    logs.of_process(command=" ".join(sys.argv[1:2]))
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"The configuration cannot be used: {error}")


if __name__ == "__main__":
    main()
