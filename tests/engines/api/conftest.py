import pytest

from tests.callers import caller
from tests.engines.guarded import mailbox, reachable


@pytest.fixture
def twin(make_client):
    return make_client("Twin", timezone="Australia/Sydney", postal_address="1 High St, Sydney")


@pytest.fixture
def acme(customer):
    """As the twin: what could leak is the same."""
    customer.timezone, customer.postal_address = "Australia/Sydney", "1 High St, Sydney"
    customer.save()
    return customer


@pytest.fixture
def jo(acme):
    mailbox(acme)
    return reachable(acme, title="Founder")


@pytest.fixture
def theirs(twin):
    """The same person, at the twin."""
    mailbox(twin)
    return reachable(twin, title="Founder")


@pytest.fixture
def operator(acme):
    return caller(acme, role="operator")


@pytest.fixture
def viewer(acme):
    return caller(acme, role="viewer")
