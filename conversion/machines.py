"""Which opens and clicks were a machine's: mail filters fetch images and try links before anybody sees the message.

They are marked, and left out wherever opens and clicks are shown. Neither ever decides anything: learning does not read
them at all.
"""

from typing import Any

from django.db import connection

from conversion.bulk import stored_id
from conversion.models import Client, ImportBatch
from conversion.vocabulary import EventKind

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
KINDS = f"('{EventKind.OPENED.value}', '{EventKind.CLICKED.value}')"
# A source that knows days alone gives a message and its opening the same moment, so one at once tells nothing by itself.
MARK = """
    UPDATE conversion_event SET is_machine = {true} WHERE id IN (
        SELECT e.id FROM conversion_event e JOIN conversion_activity a ON a.id = e.activity_id
        LEFT JOIN (SELECT activity_id, MIN(occurred_at) AS moment FROM conversion_event
                   WHERE client_id = %s AND kind = 'delivered' AND activity_id IN ({touches}) GROUP BY activity_id
                  ) delivered ON delivered.activity_id = a.id
        WHERE e.client_id = %s AND e.kind IN {kinds} AND e.activity_id IN ({touches}) AND NOT e.is_machine AND (
            ({moment} > {sent} AND {moment} <= {sent} + {seconds})
            OR {scanner}
            OR (e.kind = 'clicked' AND EXISTS (
                SELECT 1 FROM conversion_event o WHERE o.activity_id = e.activity_id AND o.kind = 'clicked'
                    AND {other_url} <> {url} AND {other_url} <> '' AND ABS({other_moment} - {moment}) <= {together}))))
"""


def mark(client: Client, batch: ImportBatch | None = None) -> int:
    """Mark the machines' opens and clicks of a client, all or those of the touches that a batch brought events of.

    A mark stays: a fact that comes later can only show one more to be a machine's. Returns how many were newly marked.
    """
    vendor = connection.vendor
    epoch, said = EPOCH[vendor], SAID[vendor]
    touches = "SELECT activity_id FROM conversion_event WHERE client_id = %s AND activity_id IS NOT NULL"
    values: list[Any] = [stored_id(client.pk)]
    if batch is not None:
        touches, values = f"{touches} AND batch_id = %s", [*values, stored_id(batch.pk)]
    agent = said.format(row="e", name="user_agent")
    statement = MARK.format(
        true="true" if vendor == "postgresql" else "1",
        touches=touches,
        kinds=KINDS,
        moment=epoch.format("e.occurred_at"),
        sent=epoch.format("COALESCE(delivered.moment, a.sent_at)"),
        seconds=SECONDS,
        scanner="(" + " OR ".join(f"{agent} LIKE '%%{name}%%'" for name in SCANNERS) + ")",
        url=said.format(row="e", name="url"),
        other_url=said.format(row="o", name="url"),
        other_moment=epoch.format("o.occurred_at"),
        together=TOGETHER,
    )
    owner = stored_id(client.pk)
    with connection.cursor() as cursor:
        cursor.execute(statement, [owner, *values, owner, *values])
        return int(cursor.rowcount)
