"""The same files imported twice at the same moment, while messages go out."""

import subprocess
import sys

from benchmarks.chaos.stage import Stage
from conversion.models import Activity, Lead
from conversion.tenancy import across_clients

ROWS = 300
LEADS = "external_id,email,first_name\n"
# Without keys of their own: told apart by what they are.
TOUCHES = "lead_external_id,channel,occurred_at,subject,body\n"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def import_twice(stage: Stage) -> None:
    """Two processes import the same leads and touches; each must stand in the database once."""
    client, _ = stage.clients[0]
    leads, touches = stage.folder / "leads.csv", stage.folder / "touches.csv"
    leads.write_text(LEADS + "".join(f"csv-{row},csv-{row}@csv.example,Jo\n" for row in range(ROWS)))
    touches.write_text(
        TOUCHES + "".join(f"csv-{row},email,2026-02-03T00:00:00Z,Hello,Hello there\n" for row in range(ROWS))
    )
    files = ["--leads", str(leads), "--activities", str(touches), "--rejects", str(stage.folder / "rejects")]
    command = [sys.executable, "manage.py", "import_history", client.slug, *files]
    both = [
        subprocess.Popen([*command[:-1], f"{command[-1]}-{number}.csv"], env=stage.worker_environment(), **QUIET)  # noqa: S603
        for number in range(2)
    ]
    codes = [one.wait(120) for one in both]
    with across_clients("operations"):
        found = Lead.objects.filter(external_id__startswith="csv-").count()
        made = Activity.objects.filter(lead__external_id__startswith="csv-").count()
    if codes != [0, 0] or (found, made) != (ROWS, ROWS):
        stage.wrong.append(f"{ROWS} rows imported twice: {found} leads, {made} touches, exit status {codes}")
