"""HTTP to addresses that users give: to the outside alone, no redirects, and no answer is waited for too long.

A name may lead to this server's own network, or come to do so after it was looked at (DNS rebinding). So it is looked at when
the connection is made: every address that the name has before, and the one that answers before a byte is sent.
"""

import ipaddress
import socket
from contextlib import suppress
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

TIMEOUT = (5.0, 10.0)  # seconds: to connect; without a byte
DEADLINE = 15.0  # seconds for all of it, however slowly bytes trickle in
NAT64 = ipaddress.ip_network("64:ff9b::/96")
INTERNET = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out; the rest hides IPv4 addresses in many ways


class ForbiddenAddressError(OSError):
    """It leads to where nobody outside may send something."""


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """POST, and give the status of the answer; its body is not read. Raises ForbiddenAddressError and
    requests.RequestException.
    """
    if urlsplit(url).scheme != "https" and not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
        raise ForbiddenAddressError("only https addresses are posted to")
    with requests.Session() as session:
        session.trust_env = False  # a proxy would connect to whatever it is told
        for scheme in ("https://", "http://"):
            session.mount(scheme, Outward())
        with session.post(
            url, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True
        ) as response:
            return response.status_code


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet, and to one host."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner and not inner.is_global:
            return False
        if ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        elif ip not in INTERNET and ip not in NAT64:
            return False
    return ip.is_global and not ip.is_multicast


def check(address: str) -> None:
    if not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES and not is_public(address):
        raise ForbiddenAddressError("it leads to a private address")


class Watched(HTTPConnection):
    """Connects to public addresses alone, and is cut when its time is up."""

    _timer: Timer | None = None

    def _new_conn(self) -> socket.socket:
        if not settings.WEBHOOKS_TO_PRIVATE_ADDRESSES:
            with suppress(socket.gaierror):  # which the connection itself reports
                for found in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM):
                    check(str(found[4][0]))
        made = super()._new_conn()
        try:
            check(str(made.getpeername()[0]))
        except ForbiddenAddressError:
            made.close()
            raise
        # Of its own, since TLS takes the other one over; to cut one is to cut both.
        self._timer = Timer(DEADLINE, cut, [made.dup()])
        self._timer.daemon = True
        self._timer.start()
        return made

    def close(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            timer.args[0].close()  # type: ignore[index] # the list given above
        super().close()


def cut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class WatchedTLS(Watched, HTTPSConnection):
    pass


class Pool(HTTPConnectionPool):
    ConnectionCls = Watched


class TLSPool(HTTPSConnectionPool):
    ConnectionCls = WatchedTLS


class Outward(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": Pool, "https": TLSPool}
