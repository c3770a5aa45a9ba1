"""The doors at which providers knock; each checks the signature before it reads anything."""

from django.urls import path

from engines.providers.twilio_terms import CALL, CONNECT, LEG, MESSAGE
from engines.webhooks import bookings, mail, twilio, unipile

TWILIO = "twilio/<uuid:account_id>"

urlpatterns = [
    path(TWILIO, twilio.inbound, name="twilio-inbound"),
    path(f"{TWILIO}/{MESSAGE}", twilio.message, name="twilio-message"),
    path(f"{TWILIO}/{CALL}", twilio.call, name="twilio-call"),
    path(f"{TWILIO}/{LEG}", twilio.leg, name="twilio-leg"),
    path(f"{TWILIO}/{CONNECT}", twilio.connect, name="twilio-connect"),
    path("unipile/<uuid:account_id>", unipile.callback, name="unipile-webhook"),
    path("bookings/<uuid:hook_id>", bookings.booking, name="booking-webhook"),
    path("<slug:kind>/<uuid:account_id>/tracking", mail.tracking, name="mail-tracking"),
    path("<slug:kind>/<uuid:account_id>/inbound", mail.inbound, name="mail-inbound"),
]
