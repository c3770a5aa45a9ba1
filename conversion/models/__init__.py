from conversion.models.account import ProviderAccount
from conversion.models.activity import Activity, Event
from conversion.models.agency import Agency, Membership
from conversion.models.batch import ImportBatch, ImportChange
from conversion.models.client import Client
from conversion.models.lead import Lead
from conversion.models.sender import Sender
from conversion.models.sequence import Sequence
from conversion.models.suppression import Suppression
from conversion.models.template import MessageTemplate

__all__ = [
    "Activity",
    "Agency",
    "Client",
    "Event",
    "ImportBatch",
    "ImportChange",
    "Lead",
    "Membership",
    "MessageTemplate",
    "ProviderAccount",
    "Sender",
    "Sequence",
    "Suppression",
]
