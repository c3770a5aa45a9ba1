"""What an assistant may ask for and do, each a call or two of the API. Docstrings and annotations are what it reads."""

from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from pydantic import Field

from conversion.vocabulary import PatternType
from engines.mcp.door import Door, Refused
from patterns import report

READING = ("list_clients", "get_patterns", "get_brief", "preview_plan", "score_lead", "get_run")
CHANGING = ("learn", "backfill")
TOOLS = (*READING, *CHANGING)

MOST_OF_A_PAGE, MOST_PAGES = "200", 50  # clients
Client = Annotated[str, Field(description="Id or slug of a client; list_clients knows them.")]
Lead = Annotated[str, Field(description="A lead of the client: its id, external id or e-mail address.")]
Kind = Literal["who", "what", "when", "how"]
Channel = Literal["email", "sms", "linkedin", "voice", "mail"]
Document = dict[str, Any]


class Tools:
    """Each raises Refused."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def list_clients(self) -> Document:
        """The clients that you may see, and your role at each: a viewer reads, an admin may also learn and backfill."""
        clients: list[Document] = []
        query = {"limit": MOST_OF_A_PAGE, "ordering": "id"}
        for _ in range(MOST_PAGES):
            page = self.door.get("clients", **query)
            clients += [{name: row[name] for name in ("id", "slug", "name", "role")} for row in page["results"]]
            if page["next"] is None:
                break
            query["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]
        return {"clients": clients}

    def get_patterns(self, client: Client, type: Kind | None = None) -> Document:  # noqa: A002 (as in the API)
        """What was learned from a client's history: who converts, what content works, when to send, how to combine channels.
        Without a type all four in words, with their confidence; with one that pattern whole, every number of it.
        """
        if type is not None:
            whole: Document = self.door.get("patterns", client, type)
            return whole
        found: Document = self.door.get("patterns", client)
        for kind, pattern in found["patterns"].items():
            pattern["says"] = report.lines(PatternType(kind), pattern.pop("patterns"))
        return found

    def get_brief(self, client: Client) -> str:
        """What to write, when to send it, by which channels and to whom, as far as the client's history shows it: one line a
        statement, each with its evidence. Read it before you write for the client.
        """
        return str(self.door.get("brief", client, format="txt"))

    def preview_plan(
        self,
        client: Client,
        lead: Lead,
        touch_count: int | None = None,
        sequence: list[Channel] | None = None,
    ) -> Document:
        """The touches that a lead would get: channel, time and reason of each. Nothing is stored, nothing is sent.
        touch_count: how many (6). sequence: channels by hand; only their times are chosen then.
        """
        asked = {"touch_count": touch_count, "sequence": sequence}
        body = {"preview": True, **{name: value for name, value in asked.items() if value is not None}}
        plan: Document = self.door.post("leads", self._lead(client, lead), "plan", body=body)
        return plan

    def score_lead(self, client: Client, lead: Lead) -> Document:
        """A lead's score, 0 to 100, by the weights in force, with the reason for each point. The stored score stays."""
        score: Document = self.door.post("leads", self._lead(client, lead), "score", body={"preview": True})
        return score

    def get_run(self, run_id: Annotated[str, Field(description="From learn or backfill.")]) -> Document:
        """How far learning or a backfill is, and what became of each client."""
        if as_id(run_id) is None:
            raise Refused("There is no such run.")
        run: Document = self.door.get("runs", run_id)
        return run

    def learn(
        self,
        clients: Annotated[
            list[str] | None, Field(description="Ids or slugs; left out: all clients at which you are an admin.")
        ] = None,
    ) -> Document:
        """Learn patterns anew. It is queued and takes up to some minutes; get_run tells how far it is. The patterns in force
        give way to the new ones; every version is kept. Needs the role admin.
        """
        run: Document = self.door.post("patterns", "learn", body={} if clients is None else {"client_ids": clients})
        return run

    def backfill(
        self, client: Client, backfill_content: bool = True, backfill_als: bool = True, run_detectors: bool = True
    ) -> Document:
        """Fill in what earlier rows of a client lack: content snapshots, components of the score, converting touches; then
        learn. What is there already stays as it is. Queued; get_run tells how far it is. Needs the role admin.
        """
        switches = {
            "backfill_content": backfill_content,
            "backfill_als": backfill_als,
            "run_detectors": run_detectors,
        }
        run: Document = self.door.post("patterns", "backfill", client, body=switches)
        return run

    def _lead(self, client: str, text: str) -> str:
        """The id of the client's lead of this id, external id or e-mail address."""
        owner = self.door.get("clients", client)
        wanted = text.strip()
        if (lead_id := as_id(wanted)) is not None:
            if self.door.get("leads", lead_id)["client"] != owner["id"]:
                raise Refused(f"{owner['name']} has no lead {lead_id}.")
            return lead_id
        names = {"email": wanted} if "@" in wanted else {"external_id": wanted}
        found = self.door.get("leads", client=owner["id"], limit="2", **names)["results"]
        if len(found) != 1:
            reason = "several leads" if found else "no lead"
            raise Refused(f"{owner['name']} has {reason} of that address or external id.")
        return str(found[0]["id"])


def as_id(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None
