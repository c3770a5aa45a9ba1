"""Do the backfills that were asked for, one after the other."""

from engines import backfill
from engines.tasks import HOURS
from patterns.management.commands import run_learner


class Command(run_learner.Command):
    help = (
        "Do the backfills that were asked for, one after the other, until told to stop (TERM or INT). "
        "Needs no broker; any number may run at once."
    )

    def seconds(self) -> int:
        return HOURS

    def work(self) -> bool:
        return backfill.work()
