"""Hooks of schemathesis: calls that the description allows are made, as a rule, at the one client that there is, each with an
idempotency key of its own. Left to itself it would guess a slug, and get no further than 404.
"""

import os
from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode

KEY = "Idempotency-Key"
CLIENT = "FUZZ_CLIENT"  # the slug, in the environment
ELSEWHERE = 8  # one call in so many keeps the client that was made up


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    if case.meta is None or case.meta.generation.mode is not GenerationMode.POSITIVE or hash(case.id) % ELSEWHERE == 0:
        return
    for part in (case.path_parameters, case.query, case.body):
        if isinstance(part, dict) and "client" in part:
            part["client"] = os.environ[CLIENT]
    if isinstance(case.body, dict) and "client_ids" in case.body:
        case.body["client_ids"] = [os.environ[CLIENT]]
    if case.headers and KEY in case.headers:  # most that are made up are alike, and the second call with one is refused
        case.headers[KEY] = case.id
