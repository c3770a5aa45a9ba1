"""Which opens and clicks were a machine's: mail filters fetch images and try links before anybody sees the message.

They are marked, and left out wherever opens and clicks are shown. Neither ever decides anything: learning does not read
them at all.
"""

from typing import Any
from uuid import UUID

from django.db import connection

from conversion.bulk import stored_id
from conversion.models import Client, ImportBatch

SECONDS = 10  # after delivery; nobody reads that fast, while filters look at a message before they let it through
TOGETHER = 2  # seconds within which different links of one message are clicked by nobody but a machine
# Parts of the user agents of mail filters and of programs; people's mail proxies, such as Gmail's for images, are none.
SCANNERS = (
    "barracuda", "bitdefender", "bot/", "crawler", "curl/", "forcepoint", "headlesschrome", "messagelabs", "mimecast",
    "proofpoint", "python-requests", "safelinks", "sophos", "spider", "symantec", "trendmicro", "wget/", "zscaler",
)  # fmt: skip

EPOCH = {
    "sqlite": "(julianday({0}) * 86400.0)",
    "postgresql": "extract(epoch FROM {0})",
}
# What a source says beside the columns of its file stands under `extra`.
SAID = {
    "sqlite": "LOWER(COALESCE(json_extract({row}.metadata, '$.{name}'), json_extract({row}.metadata, '$.extra.{name}'), ''))",
    "postgresql": "LOWER(COALESCE({row}.metadata ->> '{name}', {row}.metadata -> 'extra' ->> '{name}', ''))",
}
# What was delivered, opened and clicked of the touches in question, in a table of its own: PostgreSQL knows how many rows it
# has, and of what an import has just brought it does not.
TABLE = {
    "sqlite": "CREATE TEMP TABLE IF NOT EXISTS looked_at (event, touch, kind, moment, url, agent)",
    "postgresql": "CREATE TEMP TABLE IF NOT EXISTS looked_at "
    "(event uuid, touch uuid, kind text, moment float8, url text, agent text)",
}
PLAN = {
    "sqlite": "CREATE INDEX IF NOT EXISTS temp.looked ON looked_at (touch)",
    "postgresql": "ANALYZE looked_at",
}
FILL = """
    INSERT INTO looked_at (event, touch, kind, moment, url, agent)
    SELECT e.id, e.activity_id, e.kind, {moment}, {url}, {agent} FROM conversion_event e
    WHERE e.client_id = %s AND e.kind IN ('delivered', 'opened', 'clicked') AND e.activity_id IN ({touches})
"""
# A source that knows days alone gives a message and its opening the same moment, so one at once tells nothing by itself.
MARK = """
    UPDATE conversion_event SET is_machine = {true} WHERE NOT is_machine AND id IN (
        SELECT e.event FROM looked_at e JOIN conversion_activity a ON a.id = e.touch
        LEFT JOIN (SELECT touch, MIN(moment) AS moment FROM looked_at WHERE kind = 'delivered' GROUP BY touch) delivered
            ON delivered.touch = e.touch
        LEFT JOIN (SELECT DISTINCT one.event FROM looked_at one JOIN looked_at other ON other.touch = one.touch
                   WHERE one.kind = 'clicked' AND other.kind = 'clicked' AND other.url <> one.url AND other.url <> ''
                       AND ABS(other.moment - one.moment) <= {together}) together ON together.event = e.event
        WHERE e.kind <> 'delivered' AND (
            (e.moment > COALESCE(delivered.moment, {sent}) AND e.moment <= COALESCE(delivered.moment, {sent}) + {seconds})
            OR {scanner} OR together.event IS NOT NULL))
"""


def mark(client: Client, batch: ImportBatch | None = None, touch: UUID | None = None) -> int:
    """Mark the machines' opens and clicks of a client: all, those of the touches that a batch brought events of, or of one
    touch.

    A mark stays: a fact that comes later can only show one more to be a machine's. Returns how many were newly marked.
    """
    vendor = connection.vendor
    epoch, said = EPOCH[vendor], SAID[vendor]
    touches = "SELECT activity_id FROM conversion_event WHERE client_id = %s AND activity_id IS NOT NULL"
    values: list[Any] = [stored_id(client.pk)]
    if batch is not None:
        touches, values = f"{touches} AND batch_id = %s", [*values, stored_id(batch.pk)]
    elif touch is not None:
        touches, values = "%s", [stored_id(touch)]
    fill = FILL.format(
        moment=epoch.format("e.occurred_at"),
        url=said.format(row="e", name="url"),
        agent=said.format(row="e", name="user_agent"),
        touches=touches,
    )
    marking = MARK.format(
        true="true" if vendor == "postgresql" else "1",
        together=TOGETHER,
        sent=epoch.format("a.sent_at"),
        seconds=SECONDS,
        scanner="(" + " OR ".join(f"e.agent LIKE '%%{name}%%'" for name in SCANNERS) + ")",
    )
    with connection.cursor() as cursor:
        cursor.execute(TABLE[vendor])
        cursor.execute("DELETE FROM looked_at")
        cursor.execute(fill, [stored_id(client.pk), *values])
        cursor.execute(PLAN[vendor])
        cursor.execute(marking, [])
        return int(cursor.rowcount)
