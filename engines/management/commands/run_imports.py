"""Do what was asked for of files that were uploaded, one after the other."""

from conversion import imports
from patterns.management.commands import run_learner


class Command(run_learner.Command):
    help = (
        "Try, store and undo the files that were uploaded in the browser, one after the other, until told to stop (TERM or "
        "INT). Needs no broker; any number may run at once."
    )

    def seconds(self) -> int:
        return imports.HOURS

    def work(self) -> bool:
        return imports.work()
