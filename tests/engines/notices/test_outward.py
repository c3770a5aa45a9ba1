"""What users give as an address leads nowhere but to the outside, and nothing is waited for too long."""

import threading
import time

import pytest
import requests

from engines.notices import outward
from engines.notices.outward import ForbiddenAddressError, is_public, post
from tests.engines.notices.receiver import receiver  # noqa: F401 (a fixture)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),  # noqa: S104 (as above)
        *("224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *(
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "2001:db8::1",
            "::127.0.0.1",
            "::ffff:0:127.0.0.1",
            "64:ff9b:1::7f00:1",
            "fec0::1",
        ),
    ],
)
def test_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"]
)
def test_outside(address):
    assert is_public(address)


@pytest.fixture
def strict(settings):
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = False


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1"])
def test_nothing_reaches_this_machine(strict, receiver, host):  # noqa: F811
    with pytest.raises((ForbiddenAddressError, requests.RequestException)):
        post(f"https://{host}:{receiver.server_port}/hook", b"{}", {})
    assert receiver.got == []


def test_http_is_refused_without_a_look(strict):
    with pytest.raises(ForbiddenAddressError, match="only https"):
        post("http://example.com/", b"{}", {})


def test_a_name_that_leads_elsewhere_after_it_was_looked_at(strict, receiver, monkeypatch):  # noqa: F811
    """The look says public, the connection goes inside all the same: it is closed before a byte is sent."""
    looked = []
    monkeypatch.setattr(outward, "is_public", lambda address: looked.append(address) or len(looked) == 1)
    with pytest.raises((ForbiddenAddressError, requests.RequestException)):
        post(f"https://127.0.0.1:{receiver.server_port}/hook", b"{}", {})
    assert (looked, receiver.got) == (["127.0.0.1"] * 2, [])


def test_a_certificate_is_asked_for(settings, receiver):  # noqa: F811
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    with pytest.raises(requests.exceptions.SSLError):
        post(f"https://127.0.0.1:{receiver.server_port}/hook", b"{}", {})


def test_no_proxy_is_asked(settings, receiver, monkeypatch):  # noqa: F811
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert post(receiver.url, b"{}", {}) == 204


def test_an_answer_that_trickles_in_is_cut(settings, receiver, monkeypatch):  # noqa: F811
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    monkeypatch.setattr(outward, "DEADLINE", 0.3)
    receiver.trickles = True
    started = time.monotonic()
    with pytest.raises((requests.RequestException, OSError)):
        post(receiver.url, b"{}", {})
    assert time.monotonic() - started < 3


def test_no_timer_is_left_behind(settings, receiver):  # noqa: F811
    settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    for _ in range(3):
        post(receiver.url, b"{}", {})
    time.sleep(0.05)
    assert not [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
