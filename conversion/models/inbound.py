"""What came back from outside: what providers told us, replies, and where bookings are told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from conversion.models.rows import Row, one_of, word_field
from conversion.tenancy import ClientRow
from conversion.vocabulary import ArrivalKind, CallbackState, Channel, InboundState


class Callback(Row):
    """One thing that a provider told us, however often it told it: `key` is a digest of who told it and of its own name for
    it, so the row says nothing of a person and may stay when the person is forgotten.

    payload: the whole arrival while it waits or has failed, since it is tried again; else empty.
    """

    key = models.CharField(max_length=64, unique=True, editable=False)
    source = models.CharField(max_length=40)
    account = models.ForeignKey(
        "conversion.ProviderAccount", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    client = models.ForeignKey("conversion.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = word_field(ArrivalKind)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(default=now)
    payload = models.JSONField(default=dict, blank=True)
    state = word_field(CallbackState, default=CallbackState.DONE)
    activity = models.ForeignKey(
        "conversion.Activity", null=True, blank=True, on_delete=models.SET_NULL, related_name="callbacks"
    )
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it broke.")
    retry_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True, default="")

    class Meta:
        constraints = (
            one_of("kind", ArrivalKind, "callback_kind"),
            one_of("state", CallbackState, "callback_state"),
        )
        indexes = (
            models.Index(fields=["retry_at"], condition=Q(state="waiting"), name="callback_waiting"),
            models.Index(fields=["received_at"], name="callback_by_received"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.kind}"


class InboundMessage(Row):
    """A reply, or a booking that no lead is known for. client: empty while several clients of the account may be meant.

    reading, rule, until: what `engines.inbound.classify` made of it. person_key: the sender's address, number or profile as
    leads are compared with it.
    """

    callback = models.OneToOneField(Callback, null=True, blank=True, on_delete=models.SET_NULL, related_name="message")
    account = models.ForeignKey(
        "conversion.ProviderAccount", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    client = models.ForeignKey(
        "conversion.Client", null=True, blank=True, on_delete=models.CASCADE, related_name="inbound"
    )
    sender = models.ForeignKey("conversion.Sender", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    kind = word_field(ArrivalKind)
    channel = word_field(Channel, blank=True, default="")
    provider_id = models.CharField(max_length=255, blank=True, default="")
    person = models.CharField(max_length=500, blank=True, default="")
    person_key = models.CharField(max_length=255, blank=True, default="", editable=False)
    ours = models.CharField(max_length=500, blank=True, default="")
    subject = models.TextField(blank=True, default="")
    text = models.TextField(blank=True, default="")
    references = models.JSONField(default=list, blank=True)
    received_at = models.DateTimeField()
    reading = models.CharField(max_length=24, blank=True, default="")
    rule = models.CharField(max_length=120, blank=True, default="")
    until = models.DateField(null=True, blank=True)
    lead = models.ForeignKey("conversion.Lead", null=True, blank=True, on_delete=models.CASCADE, related_name="inbound")
    activity = models.ForeignKey(
        "conversion.Activity", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    event = models.ForeignKey("conversion.Event", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = word_field(InboundState, default=InboundState.MATCHED)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = (
            one_of("kind", ArrivalKind, "inbound_kind"),
            one_of("channel", Channel, "inbound_channel", blank=True),
            one_of("state", InboundState, "inbound_state"),
        )
        indexes = (
            models.Index(fields=["received_at"], condition=Q(state="unmatched"), name="inbound_unmatched"),
            models.Index(fields=["person_key"], condition=~Q(person_key=""), name="inbound_by_person"),
            models.Index(fields=["client", "received_at"], name="inbound_of_client"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at}"


class BookingHook(Row, ClientRow):
    """Where a client's calendar tells of meetings. credentials: ciphertext (`conversion.secrets`), with the one `secret`
    that its messages are signed with.
    """

    client = models.OneToOneField("conversion.Client", on_delete=models.CASCADE, related_name="booking_hook")
    credentials = models.TextField(blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"booking hook of {self.client}"

    @property
    def name(self) -> str:
        return str(self)
