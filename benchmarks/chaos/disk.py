"""A full disk: the tables of the queue are moved to a small file system of their own, which is then filled up."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import psycopg

from benchmarks.chaos.stage import Stage

SIZE = 48 * 1024 * 1024
SECONDS = 6.0  # for which it is full
FULL = b"No space left on device"


class NoMountError(RuntimeError):
    """Nobody may mount a file system on this machine."""


def mounted(folder: Path) -> Path:
    """A file system of SIZE bytes for a tablespace. Raises NoMountError."""
    place = folder / "small"
    place.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if subprocess.run(command, check=False, capture_output=True).returncode:  # noqa: S603
        raise NoMountError("a file system cannot be mounted here")
    if os.geteuid() == 0:
        shutil.chown(place, "postgres")
    return place


def unmount(folder: Path) -> None:
    subprocess.run(["umount", str(folder / "small")], check=False, capture_output=True)  # noqa: S603, S607


def full_disk(stage: Stage) -> None:
    """Move the table of touches to the small disk and fill it, while sends go on; then make room."""
    place = mounted(stage.folder)
    tablespace = place / "space"
    tablespace.mkdir()
    if os.geteuid() == 0:
        shutil.chown(tablespace, "postgres")
    filler = place / "filler"
    with psycopg.connect(stage.postgres.url, autocommit=True) as admin:
        admin.execute(f"CREATE TABLESPACE small LOCATION '{tablespace}'")
        try:
            admin.execute("ALTER TABLE conversion_activity SET TABLESPACE small")
            told = stage.postgres.log.stat().st_size
            fill(filler)
            time.sleep(SECONDS)
        finally:
            filler.unlink(missing_ok=True)
    with stage.postgres.log.open("rb") as log:
        log.seek(told)
        if FULL not in log.read():
            stage.wrong.append("the disk was never found full: PostgreSQL's log does not say so")


def back(stage: Stage) -> None:
    """Put the table where it was, and take the small disk away."""
    with psycopg.connect(stage.postgres.url, autocommit=True) as admin:
        admin.execute("ALTER TABLE conversion_activity SET TABLESPACE pg_default")
        admin.execute("DROP TABLESPACE IF EXISTS small")
    unmount(stage.folder)


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as out:
        block = b"\0" * 65_536
        size = len(block)
        while size >= 512:
            try:
                out.write(block[:size])
            except OSError:
                size //= 2
