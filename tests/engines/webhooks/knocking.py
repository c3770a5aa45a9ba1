"""Providers that knock at the doors, with signatures as they make them."""

import base64
import hmac
import json
import time
from uuid import uuid4

from django.test import Client as Browser

SVIX = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
MAILGUN = "key-of-mailgun"
BASIC = "user:a password"

# What no door takes as JSON, once the signature holds.
UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{",
    "no object": b"[1]",
    "a text": b'"x"',
    "NUL": b'{"a": "\\u0000"}',
    "a lone surrogate": b'{"a": "\\ud800"}',
    "NaN": b'{"a": NaN}',
    "too many digits": b'{"a": ' + b"9" * 5000 + b"}",
    "deep": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "latin-1": b'{"a": "\xe9"}',
    "something else": b'{"a": "b"}',
}


def post(path, body, content_type="application/json", **headers):
    return Browser(enforce_csrf_checks=True).post(path, body, content_type=content_type, headers=headers).status_code


def svix(body, secret=SVIX, key=None, at=None):
    """The headers of Resend's signature."""
    key, stamp = key or f"msg_{uuid4().hex}", str(int(at or time.time()))
    given = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(given, f"{key}.{stamp}.".encode() + body, "sha256")
    return {"svix-id": key, "svix-timestamp": stamp, "svix-signature": f"v1,{base64.b64encode(signed).decode()}"}


def mailgun(secret=MAILGUN, at=None):
    """Mailgun's signature, which stands in the body."""
    token, stamp = uuid4().hex, str(int(at or time.time()))
    signed = hmac.digest(secret.encode(), f"{stamp}{token}".encode(), "sha256").hex()
    return {"token": token, "timestamp": stamp, "signature": signed}


def basic(secret=BASIC):
    return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def stamped(body, secret, at=None):
    """Our own signature, and Calendly's."""
    stamp = str(int(at or time.time()))
    return f"t={stamp},v1={hmac.digest(secret.encode(), f'{stamp}.'.encode() + body, 'sha256').hex()}"


def encoded(content):
    return json.dumps(content).encode()
