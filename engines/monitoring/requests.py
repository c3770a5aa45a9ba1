"""The ids that log lines carry: of web requests, and of tasks; a task knows the request that published it."""

import re
from collections.abc import Callable
from logging.config import dictConfig
from typing import Any
from uuid import uuid4

from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from conversion import logs

HEADER = "X-Request-ID"
SANE = re.compile(r"[\w.:-]{8,100}", re.ASCII)  # anything else could forge lines of the log
MONITORING = "engines.monitoring.urls"

Answer = Callable[[HttpRequest], HttpResponse]


def request_ids(get_response: Answer) -> Answer:
    """Middleware: each request has an id, the caller's own where it is sane, which stands in its log lines and its answer."""

    def answer(request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        found = given if SANE.fullmatch(given) else uuid4().hex
        with logs.about(request=found):
            response = get_response(request)
        response[HEADER] = found
        return response

    return answer


def monitoring(get_response: Answer) -> Answer:
    """Middleware: probes and figures are answered before anything else, so that they work by whatever name or address the
    server is called; they know no host, no session and no user.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        try:
            match = resolve(request.path_info, urlconf=MONITORING)
        except Resolver404:
            return get_response(request)
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response

    return answer


# Of the tasks that a worker's process has begun and not ended, by task id: what restores the ids of before.
_begun: dict[str, Any] = {}


@setup_logging.connect
def log_as_configured(**_: Any) -> None:
    """Celery would bring handlers and formats of its own."""
    dictConfig(settings.LOGGING)


@before_task_publish.connect
def send_along(headers: dict[str, Any], **_: Any) -> None:
    if request := logs.current().get("request"):
        headers["request_id"] = request


@task_prerun.connect
def begin(task_id: str, task: Any, **_: Any) -> None:
    ids = {"task": task_id}
    given = getattr(task.request, "request_id", None)
    if isinstance(given, str) and SANE.fullmatch(given):
        ids["request"] = given
    _begun[task_id] = logs.about(**ids)
    _begun[task_id].__enter__()


@task_postrun.connect
def end(task_id: str, **_: Any) -> None:
    if (ids := _begun.pop(task_id, None)) is not None:
        ids.__exit__(None, None, None)
