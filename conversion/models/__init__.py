from conversion.models.account import ProviderAccount
from conversion.models.activity import Activity, Event
from conversion.models.agency import Agency, Membership
from conversion.models.audit import AuditEntry
from conversion.models.batch import ImportBatch, ImportChange
from conversion.models.client import Client
from conversion.models.connection import Connection
from conversion.models.idempotency import IdempotentCall
from conversion.models.inbound import BookingHook, Callback, InboundMessage
from conversion.models.lead import Lead
from conversion.models.ledger import FlowPeriod
from conversion.models.mailbox import Mailbox
from conversion.models.notice import Delivery, Notice, WebhookEndpoint
from conversion.models.sender import Sender
from conversion.models.sequence import Sequence
from conversion.models.sign import Sign
from conversion.models.suppression import Suppression
from conversion.models.template import MessageTemplate
from conversion.models.token import ApiToken
from conversion.models.upload import ImportMapping, ImportPart, ImportUpload

__all__ = [
    "Activity",
    "Agency",
    "ApiToken",
    "AuditEntry",
    "BookingHook",
    "Callback",
    "Client",
    "Connection",
    "Delivery",
    "Event",
    "FlowPeriod",
    "IdempotentCall",
    "ImportBatch",
    "ImportChange",
    "ImportMapping",
    "ImportPart",
    "ImportUpload",
    "InboundMessage",
    "Lead",
    "Mailbox",
    "Membership",
    "MessageTemplate",
    "Notice",
    "ProviderAccount",
    "Sender",
    "Sequence",
    "Sign",
    "Suppression",
    "WebhookEndpoint",
]
