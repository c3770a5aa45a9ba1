"""Text messages and calls over Twilio (twilio.com), by its own library.

Twilio knows no idempotency keys, keeps none with a message and lists messages late, so it cannot be asked what became of a
send. It tells by itself: our key stands in the address that it reports to, and a report that comes before our own
confirmation, or in place of it, settles the touch.

A call rings the operator's phone first. Only who presses a key there is connected with the lead, since a voice mail that
answers for the operator must not call anybody.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from conversion.addresses import E164
from engines.providers.contract import Absent, Accepted, Deferred, Outgoing, Refused, Result, Uncertain
from engines.providers.errors import AccountError, cut, discreet
from engines.providers.esp import CONNECT_SECONDS, UNUSABLE, never_connected, of_answer
from engines.providers.twilio_terms import CALL, CONNECT, MESSAGE, OPTED_OUT, RINGING, asking

logger = logging.getLogger(__name__)
API = "https://api.twilio.com"
OPTIONS = frozenset({"base_url", "operator_phone"})
CREDENTIALS = frozenset({"account_sid", "auth_token"})
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# The library would take from the environment what it is not given.
NOTHING = {"TWILIO": ""}

# twilio.com/docs/api/errors. The account, its number or its settings, not the message: 20404 no such account, 21210 and 21212
# the caller's number, 21606 and 21659 the sender's, 21609 and 21205 the address for reports, 21611 too much is queued for the
# number.
AT_FAULT = frozenset({20404, 21205, 21210, 21212, 21606, 21609, 21611, 21659})


class Wire(HttpClient):  # type: ignore[misc] # the library's base knows no types
    """One request on a connection of its own, without retries and redirects; keeps the answer, whose headers the library's
    errors do not carry.
    """

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(logger, is_async=False, timeout=timeout)
        self.base_url = base_url
        self.answer: requests.Response | None = None

    def request(  # noqa: PLR0917 (the library's)
        self,
        method: str,
        uri: str,
        params: Any = None,
        data: Any = None,
        headers: Any = None,
        auth: Any = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        del timeout, allow_redirects
        url = self.base_url + uri.removeprefix(API)
        patience = (min(CONNECT_SECONDS, self.timeout), self.timeout)
        with requests.Session() as session:
            self.answer = answer = session.request(
                method, url, params, data, headers, auth=auth, timeout=patience, allow_redirects=False
            )
        return Response(answer.status_code, answer.text, answer.headers)


class TwilioProvider:
    name = "twilio"
    honours_key_for: timedelta | None = None

    def __init__(self, account_sid: str, auth_token: str, base_url: str = API) -> None:
        self.account_sid, self.auth_token, self.base_url = account_sid, auth_token, base_url

    def send(self, outgoing: Outgoing, *, timeout: float) -> Result:
        return discreet(self.attempt(outgoing, timeout), outgoing.recipient, self.secrets)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no reason may repeat beside the recipient."""
        return (self.auth_token, self.account_sid)

    def attempt(self, outgoing: Outgoing, timeout: float) -> Result:
        wire = Wire(self.base_url, timeout)
        client = Client(self.account_sid, self.auth_token, http_client=wire, environment=NOTHING)
        try:
            sid = self.order(client, outgoing)
        except requests.RequestException as error:
            return of_trouble(error)
        except Exception as error:  # noqa: BLE001 (the library reads answers trustingly; what it trips over proves nothing)
            return of_fault(error, wire.answer)
        if not isinstance(sid, str) or not sid:
            return Uncertain("the answer of twilio does not say what became of it")
        return Accepted(sid)

    def order(self, client: Client, outgoing: Outgoing) -> object:
        """Put it to Twilio; returns its name for it, as it is in the answer."""
        raise NotImplementedError

    def look_up(self, key: str) -> Accepted | Absent | None:
        del key
        return None


class TwilioSms(TwilioProvider):
    def order(self, client: Client, outgoing: Outgoing) -> object:
        created = client.messages.create(
            to=outgoing.recipient,
            from_=outgoing.sender,
            body=outgoing.text,
            status_callback=report_to(outgoing, MESSAGE),
        )
        return created.sid


class TwilioVoice(TwilioProvider):
    """operator_phone: the number in E.164 that rings first."""

    def __init__(self, account_sid: str, auth_token: str, base_url: str = API, operator_phone: str = "") -> None:
        super().__init__(account_sid, auth_token, base_url)
        self.operator_phone = operator_phone

    @property
    def secrets(self) -> tuple[str, ...]:
        return (*super().secrets, self.operator_phone)

    def order(self, client: Client, outgoing: Outgoing) -> object:
        created = client.calls.create(
            to=self.operator_phone,
            from_=outgoing.sender,
            twiml=asking(report_to(outgoing, CONNECT)),
            timeout=RINGING,
            status_callback=report_to(outgoing, CALL),
            status_callback_event=["completed"],
        )
        return created.sid


def report_to(outgoing: Outgoing, what: str) -> str:
    return f"{outgoing.callback}/{what}?{urlencode({'key': outgoing.key})}"


def of_trouble(error: requests.RequestException) -> Result:
    """What a request proves that was not answered."""
    if isinstance(error, UNUSABLE):
        return Deferred(f"the account cannot be used: {cut(error)}")
    if isinstance(error, requests.ConnectTimeout) or never_connected(error):
        return Deferred("no connection to the service")
    return Uncertain(f"no answer from the service: {type(error).__name__}")


def of_fault(error: Exception, answer: requests.Response | None) -> Result:
    """What it proves that the library raised an error: its own reading of an answer, or trouble with one, or with none."""
    if answer is None:
        return Refused(f"the message cannot be put to twilio: {type(error).__name__}")
    if not answer.ok or answer.is_redirect:
        return judged(answer)
    return Uncertain(f"the answer of twilio cannot be read: {type(error).__name__}")


def judged(response: requests.Response) -> Result:
    """What an answer other than a success proves, by Twilio's own code where it gives one."""
    try:
        content = response.json()
    except ValueError:
        content = None
    code = content.get("code") if isinstance(content, dict) else None
    found = of_answer(response)
    if isinstance(found, Refused) and code == OPTED_OUT:
        return Refused("the recipient told the provider to stop (error 21610)", opted_out=True)
    if isinstance(found, Refused) and code in AT_FAULT:
        return Deferred(found.reason)
    return found


def build_sms(options: Mapping[str, Any], credentials: Mapping[str, str]) -> TwilioProvider:
    """credentials: `account_sid`, `auth_token`. options: none needed; `base_url` for another address."""
    return TwilioSms(*checked(options, credentials, OPTIONS - {"operator_phone"}))


def build_voice(options: Mapping[str, Any], credentials: Mapping[str, str]) -> TwilioProvider:
    """credentials: as for messages. options: `operator_phone`, in E.164, which rings first; `base_url`, as there."""
    operator = str(options.get("operator_phone", "")).strip()
    common = checked(options, credentials, OPTIONS)
    if not E164.fullmatch(operator):
        what = "is missing" if not operator else "is no number in its international form (E.164)"
        raise AccountError(f"the option operator_phone {what}: calls ring there first, as at +61412345678")
    return TwilioVoice(*common, operator)


def checked(options: Mapping[str, Any], credentials: Mapping[str, str], known: frozenset[str]) -> tuple[str, str, str]:
    """Account, token and address. Raises AccountError."""
    for what, given, names in (("option", options, known), ("credential", credentials, CREDENTIALS)):
        if unknown := sorted(set(given) - names):
            raise AccountError(f"there is no {what} {cut(unknown[0])!r}; what there is: {', '.join(sorted(names))}")
    for name in sorted(CREDENTIALS):
        if not credentials.get(name):
            raise AccountError(f"{name} is missing")
    base_url = str(options.get("base_url", API)).rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise AccountError("the option base_url is no https address")
    return credentials["account_sid"], credentials["auth_token"], base_url
