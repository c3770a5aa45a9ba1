"""Twilio's terms: where it reports to, and what a call hears (TwiML). Apart from its client, which takes long to load."""

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

# Below the address of an account's webhooks.
MESSAGE, CALL, LEG, CONNECT = "message", "call", "leg", "connect"

OPTED_OUT = 21610  # twilio.com/docs/api/errors: the reader told Twilio to stop

RINGING = 25  # seconds: less than until a mobile's voice mail answers, as a rule
WAITING = 10  # seconds that the operator has to press a key
PRESS = "Press any key to be connected."


def asking(connect_url: str) -> str:
    """What the operator hears (TwiML)."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, timeout=WAITING, action=connect_url)
    gather.say(PRESS)
    response.append(gather)
    response.hangup()
    return str(response)


def connecting(recipient: str, sender: str, leg_url: str) -> str:
    """What connects the operator with the lead (TwiML). leg_url: where the end of that part of the call is reported."""
    response = VoiceResponse()
    dial = Dial(caller_id=sender, timeout=RINGING, answer_on_bridge=True)
    dial.number(recipient, status_callback=leg_url, status_callback_event="completed")
    response.append(dial)
    return str(response)


def hanging_up() -> str:
    response = VoiceResponse()
    response.hangup()
    return str(response)
