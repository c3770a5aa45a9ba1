"""Calls that come again: with the header `Idempotency-Key`, a call that creates or starts something is carried out once.

The key belongs to the caller (its token, or the person). What is done and the answer are committed together, under a lock on
the call's row: the process may die at any moment, and the next attempt finds either both or neither. Kept for 24 hours.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import QuerySet
from django.utils.timezone import now
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from conversion.api.errors import Conflict, Unprocessable
from conversion.models import ApiToken, IdempotentCall
from conversion.models.idempotency import ERASED

HEADER = "Idempotency-Key"
LONGEST = 200
KEPT = timedelta(hours=24)
GONE = 410
SUCCESS = range(200, 300)


def key_of(request: Any) -> str | None:
    """The caller's key. Raises ValidationError where it is no text of 1 to 200 visible ASCII characters."""
    key: str | None = request.headers.get(HEADER)
    if key is None:
        return None
    if not (1 <= len(key) <= LONGEST and key.isascii() and key.isprintable() and " " not in key):
        raise ValidationError({HEADER: f"Give 1 to {LONGEST} visible ASCII characters without spaces."})
    return key


def once(request: Any, key: str, call: Callable[[], Response]) -> Response:
    """The call's answer, or the one that it was given before. Only what succeeded is kept: what failed may be tried again with
    the same key. Raises UnderWay, OtherCall and Erased.
    """
    digest = digest_of(request)
    mine = calls_of(request).filter(key=key)
    mine.filter(created_at__lt=now() - KEPT).delete()
    token = request.auth if isinstance(request.auth, ApiToken) else None
    IdempotentCall.objects.bulk_create(
        [IdempotentCall(user=request.user, token=token, key=key, digest=digest)], ignore_conflicts=True
    )
    try:
        with transaction.atomic():
            row = locked(mine, digest)
            if row.status is not None:
                return repeated(row)
            response = call()
            if response.status_code in SUCCESS:
                answer = JSONRenderer().render(response.data).decode() if response.data is not None else ""
                mine.update(status=response.status_code, answer=answer)
                return response
            transaction.set_rollback(True)
    except (UnderWay, OtherCall):
        raise
    except Exception:
        mine.filter(status=None).delete()
        raise
    mine.filter(status=None).delete()
    return response


class UnderWay(Conflict):
    """The same call is being carried out."""


class OtherCall(Unprocessable):
    """The key belongs to another call."""


class Erased(APIException):
    """410: the call was carried out, and whom it speaks of has been forgotten since."""

    status_code = GONE
    default_detail = "The call was carried out; the person it speaks of has been forgotten since."
    default_code = "erased"


def locked(mine: QuerySet[IdempotentCall], digest: str) -> IdempotentCall:
    try:
        row = mine.select_for_update(nowait=True, of=("self",)).first()
    except DatabaseError as error:
        raise UnderWay({HEADER: "A call with this key is under way."}) from error
    if row is None:  # it failed just now
        raise UnderWay({HEADER: "A call with this key is under way."})
    if row.digest != digest:
        raise OtherCall({HEADER: "This key was used for another call."})
    return row


def repeated(row: IdempotentCall) -> Response:
    headers = {"Idempotent-Replayed": "true"}
    if row.answer == ERASED:
        raise Erased
    return Response(json.loads(row.answer) if row.answer else None, row.status, headers=headers)


def calls_of(request: Any) -> QuerySet[IdempotentCall]:
    if isinstance(request.auth, ApiToken):
        return IdempotentCall.objects.filter(token=request.auth)
    return IdempotentCall.objects.filter(user=request.user, token=None)


def digest_of(request: Any) -> str:
    """Of method, address and body: 64 hexadecimal digits."""
    body = json.dumps(request.data, sort_keys=True)
    return sha256(f"{request.method}\n{request.get_full_path()}\n{body}".encode()).hexdigest()
