import os
from datetime import timedelta
from typing import Any

from django.apps import AppConfig


class ChaosConfig(AppConfig):
    name = "benchmarks.chaos"
    label = "chaos"

    def ready(self) -> None:
        """Register the harness's providers, and let every day be a business day, so that the suite runs on any; take the
        claim's commit out, where that is asked for.
        """
        from engines.providers import registry  # noqa: PLC0415 (apps must be loaded)

        registry.KINDS["email"]["mailgun"] = "benchmarks.chaos.provider.build"  # type: ignore[index] # a dict behind Mapping
        registry.KINDS["email"]["asleep"] = "benchmarks.chaos.provider.asleep"  # type: ignore[index] # likewise
        from conversion import leases  # noqa: PLC0415 (likewise)
        from engines import windows  # noqa: PLC0415 (likewise)

        windows.closed = lambda *_: ""

        leases.LEASE, leases.BEAT, leases.PAUSE = timedelta(seconds=3), 0.5, timedelta(seconds=1)
        if os.environ.get("CHAOS_HANG"):
            from benchmarks.chaos.flows import hang  # noqa: PLC0415 (likewise)

            hang(os.environ["CHAOS_HANG"])
        if os.environ.get("CHAOS_WITHOUT_CLAIM_COMMIT"):
            without_claim_commit()


def without_claim_commit() -> None:
    """Claim, send and record in one transaction, as a sender does that trusts its transaction: the row's move to
    `dispatching` is committed only after the message left.
    """
    from django.db import transaction  # noqa: PLC0415

    from engines.outbox import runner  # noqa: PLC0415

    real = runner.send

    def send(*arguments: Any) -> None:
        whole = transaction.atomic()
        whole._from_testcase = True  # noqa: SLF001 (else the durable blocks inside refuse to be nested)
        with whole:
            real(*arguments)

    runner.send = send
