import secrets

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from conversion.api.tokens import issue
from conversion.vocabulary import Role
from engines.mcp.door import Door
from engines.mcp.tools import Tools
from tests.callers import person
from tests.engines.guarded import client_of, mailbox, reachable


@pytest.fixture
def acme(make_client):
    return client_of(make_client)


@pytest.fixture
def twin(make_client):
    """As the other: what could leak is the same."""
    return client_of(make_client, name="Twin")


@pytest.fixture
def jo(acme):
    mailbox(acme)
    return reachable(acme, title="Founder")


@pytest.fixture
def theirs(twin):
    """Somebody else, at the twin."""
    mailbox(twin)
    return reachable(twin, external_id="T-1", email="bo@example.com", email_key="bo@example.com", title="Founder")


def token_of(*clients, role="admin"):
    """A token for these clients, and its text."""
    user = person(*clients, role=role)
    return issue(user, name=f"assistant {secrets.token_hex(2)}", role=Role(role), days=1, clients=clients)


@pytest.fixture
def tools(acme):
    """An admin's of one client."""
    return Tools(Door(token_of(acme)[1]))


@pytest.fixture(autouse=True)
def one_connection():
    """The test's transaction outlives a request."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
