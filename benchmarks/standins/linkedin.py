"""The people that the stand-in of Unipile knows, and how they stand to its accounts."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any


def person_id(name: str) -> str:
    """LinkedIn's own id of the person behind a public name."""
    return name if name.startswith("ACo") else f"ACoAA{sha256(name.encode()).hexdigest()[:24]}"


@dataclass
class World:
    """Who is connected with whom, by account and person. everybody: all are connected. refusals: the `type` of a 422 to the
    next write, by its kind.
    """

    everybody: bool = False
    relations: set[tuple[str, str]] = field(default_factory=set)
    invitations: dict[tuple[str, str], str] = field(default_factory=dict)
    chats: dict[tuple[str, str], str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    events: int = 0

    def is_related(self, pair: tuple[str, str]) -> bool:
        return self.everybody or pair in self.relations

    def profile(self, account: str, name: str) -> dict[str, Any]:
        person = person_id(name)
        self.names.setdefault(person, name)
        pair = (account, person)
        found = {
            "object": "UserProfile", "provider": "LINKEDIN", "provider_id": person, "public_identifier": self.names[person],
            "first_name": "Jo", "last_name": "Doe", "is_relationship": self.is_related(pair),
        }  # fmt: skip
        if (status := self.invitations.get(pair)) and not self.is_related(pair):
            found["invitation"] = {"type": "SENT", "status": status}
        return found

    def accept(self, account: str, name: str) -> dict[str, Any]:
        """The person accepts, or connects otherwise: the webhook `new_relation`."""
        person = person_id(name)
        self.relations.add((account, person))
        self.invitations.pop((account, person), None)
        public = self.names.setdefault(person, name)
        return {
            "event": "new_relation", "account_id": account, "account_type": "LINKEDIN", "webhook_name": "",
            "user_full_name": "Jo Doe", "user_provider_id": person, "user_public_identifier": public,
            "user_profile_url": f"https://www.linkedin.com/in/{public}/",
        }  # fmt: skip

    def reply(self, account: str, name: str, text: str, *, own: bool = False) -> dict[str, Any]:
        """The person (or, own, the seat itself) writes: the webhook `message_received`."""
        person = person_id(name)
        self.events += 1
        sender = account if own else person
        return {
            "event": "message_received", "account_id": account, "account_type": "LINKEDIN", "webhook_name": "",
            "account_info": {"type": "LINKEDIN", "feature": "classic", "user_id": account},
            "chat_id": self.chat(account, person), "timestamp": datetime.now(UTC).isoformat(),
            "message": text, "is_sender": own, "message_id": f"message-in-{self.events}-{account}",
            "sender": {
                "attendee_id": f"attendee-{sender}", "attendee_name": "Jo Doe", "attendee_provider_id": sender,
                "attendee_profile_url": f"https://www.linkedin.com/in/{sender}/",
            },
            "attendees": [],
        }  # fmt: skip

    def chat(self, account: str, person: str) -> str:
        return self.chats.setdefault((account, person), f"chat-{len(self.chats) + 1}")
