"""How a webhook is signed, so that its receiver can tell who sent it, and when.

`Agency-Timestamp` holds seconds since 1970, `Agency-Signature` the text "v1=" and the HMAC-SHA256 of "<timestamp>.<body>" with
the endpoint's secret, in hexadecimal digits.
"""

import hashlib
import hmac


def headers_of(secret: str, body: bytes, timestamp: int) -> dict[str, str]:
    """timestamp: seconds since 1970."""
    return {"Agency-Timestamp": str(timestamp), "Agency-Signature": f"v1={signature(secret, body, timestamp)}"}


def signature(secret: str, body: bytes, timestamp: int) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
