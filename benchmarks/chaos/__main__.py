"""The command: set the stage, run the faults one after the other, print what held."""

import argparse
import os
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

AFTER = 5  # messages queued when a fault is over, to see how soon one is sent


def main() -> int:
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="chaos-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        return run(folder, options)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument(
        "--messages", type=int, default=500, help="of each fault (default 500), a fifth on channels other than e-mail"
    )
    parser.add_argument(
        "--only",
        default="",
        help="numbers of faults, or channels, such as 1,12-sms,voice (13: 13a to 13e on every channel)",
    )
    parser.add_argument("--keep", default="", help="a folder that the workers' logs are copied to")
    parser.add_argument(
        "--without-claim-commit",
        action="store_true",
        help="show that the suite fails when a send is not claimed by a commit",
    )
    return parser.parse_args()


def run(folder: Path, options: argparse.Namespace) -> int:
    from benchmarks.chaos.servers import Postgres, Redis  # noqa: PLC0415

    (folder / "postgres").mkdir()
    postgres, redis = Postgres(folder / "postgres"), Redis(folder)
    try:
        postgres.create()
        redis.start()
        environment(postgres.url, redis.url, options)
        results = [one(fault, folder, postgres, redis, options) for fault in chosen(options.only)]
    finally:
        redis.kill()
        postgres.stop()
    passed = sum(1 for found in results if found is not None and not found.broken)
    left_out = sum(1 for found in results if found is None)
    failed = len(results) - passed - left_out
    print(f"{passed} passed, {failed} failed" + (f", {left_out} left out" if left_out else ""))
    return 1 if failed or not passed else 0


def environment(database: str, redis: str, options: argparse.Namespace, *, heading: bool = True) -> None:
    """What harness and workers share; Django is set up and the database migrated."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.chaos.settings",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "SECRET_KEY": "chaos",
        "ALLOWED_HOSTS": "localhost",
        "LOG_LEVEL": "ERROR",
        "SUPPRESSION_KEY": "chaos",
        "CREDENTIAL_KEY": "A" * 43 + "=",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if options.without_claim_commit:
        os.environ["CHAOS_WITHOUT_CLAIM_COMMIT"] = "1"
    import django  # noqa: PLC0415 (the environment comes first)

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if heading:
        print(f"{'fault':<62}{'planned':>8}{'sent':>7}{'doubled':>9}{'lost':>6}{'unknown':>9}{'seconds':>9}")


def chosen(only: str) -> list[Any]:
    from benchmarks.chaos.faults import FAULTS  # noqa: PLC0415

    wanted = {number.strip() for number in only.split(",") if number.strip()}
    found = [fault for fault in FAULTS if not wanted or names(fault) & wanted]
    if not found:
        sys.exit(f"no fault has one of the numbers {only}")
    return found


def names(fault: Any) -> set[str]:
    """By which it can be chosen: 13a-sms by 13, 13a, 13-sms, 13a-sms and sms."""
    exact = fault.number.partition("-")[0]
    whole = exact.rstrip("abcde")
    return {exact, whole, fault.channel, f"{exact}-{fault.channel}", f"{whole}-{fault.channel}"}


def one(fault: Any, folder: Path, postgres: Any, redis: Any, options: argparse.Namespace) -> Any:
    """Run one fault on an empty database with a new ledger; prints its line. None where this machine cannot do it."""
    from benchmarks.chaos import disk  # noqa: PLC0415
    from benchmarks.chaos.channels import PROGRAMS  # noqa: PLC0415
    from benchmarks.chaos.servers import Fake  # noqa: PLC0415
    from benchmarks.chaos.stage import Stage  # noqa: PLC0415
    from benchmarks.chaos.verdict import Verdict, judge  # noqa: PLC0415

    empty()
    redis.command("FLUSHALL")
    fake = Fake(folder / f"ledger-{fault.number}", PROGRAMS[fault.channel])
    fake.start()
    fake.switch("ok", delay=fault.delay)
    messages = options.messages if fault.channel == "email" else max(options.messages // 5, min(options.messages, 30))
    stage = Stage(folder, postgres, redis, fake, messages, fault.channel, dict(fault.environment))
    name = f"{fault.number} {fault.name}"
    try:
        in_flight = fault.harm(stage)
        seconds = recovery(stage)
        settled = stage.settle(fault.settled)
        found = judge(name, stage, seconds, in_flight, settled=settled, by_account=fault.by_account)
    except disk.NoMountError as error:
        print(f"{name:<62}  left out: {error}", flush=True)
        return None
    except Exception as error:  # noqa: BLE001 (whatever breaks, the other faults are still to come)
        found = Verdict(name, len(stage.planned), broken=[" ".join(f"{type(error).__name__}: {error}".split())])
    finally:
        stage.end()
        fake.stop()
        if fault.number == "20":
            with suppress(Exception):
                disk.back(stage)
        keep(folder, options.keep, fault.number)
    print(found.line(), flush=True)
    return found


def recovery(stage: Any) -> float:
    """Seconds until the next message is accepted after the fault."""
    from django.db import connection  # noqa: PLC0415 (settings come first)

    connection.close()  # the fault may have cut it
    start, before = time.time(), stage.sent()
    stage.campaign(AFTER)
    while stage.sent() == before and time.time() - start < 60:
        time.sleep(0.05)
    return time.time() - start


def empty() -> None:
    """Take away everything: all that matters belongs to an agency, an account or a suppression."""
    from django.db import connection  # noqa: PLC0415

    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE conversion_agency, conversion_provideraccount, conversion_suppression CASCADE")


def keep(folder: Path, to: str, number: str) -> None:
    for log in folder.glob("*.log"):
        if to:
            Path(to).mkdir(parents=True, exist_ok=True)
            (Path(to) / f"{number}-{log.name}").write_bytes(log.read_bytes())
        log.unlink()


if __name__ == "__main__":
    sys.exit(main())
