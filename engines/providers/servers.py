"""A mail server as an account names it: where it is, and how it is spoken to."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from engines.providers.errors import AccountError

SUBMISSION = {"starttls": 587, "tls": 465, "none": 25}  # ports by security
IMAP = {"tls": 993, "starttls": 143, "none": 143}
LAST_PORT = 65_535


@dataclass(frozen=True)
class Server:
    """security: `starttls`, `tls` (from the first byte) or `none`."""

    host: str
    port: int
    security: str
    username: str = ""
    password: str = ""


def server_of(
    options: Mapping[str, Any], ports: Mapping[str, int], username: str = "", password: str = "", prefix: str = ""
) -> Server:
    """options: `host`, `port` and `security` (the first of `ports` if not given), with the prefix before them. Raises
    AccountError, also where a password would travel unencrypted.
    """
    host, security = (
        str(options.get(f"{prefix}host", "")).strip(),
        str(options.get(f"{prefix}security", next(iter(ports)))),
    )
    if not host:
        raise AccountError(f"the option {prefix}host is missing")
    if security not in ports:
        raise AccountError(f"the option {prefix}security is {security!r}, not one of {', '.join(ports)}")
    try:
        port = int(options.get(f"{prefix}port", ports[security]))
    except (TypeError, ValueError) as error:
        raise AccountError(f"the option {prefix}port is no number") from error
    if not 1 <= port <= LAST_PORT:
        raise AccountError(f"the option {prefix}port is {port}, not a number from 1 to {LAST_PORT}")
    if username and security == "none" and not is_this_machine(host):
        raise AccountError(
            f"a password does not travel unencrypted: set the option {prefix}security to starttls or tls"
        )
    return Server(host, port, security, username, password)


def is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def mailbox_of(options: Mapping[str, Any], credentials: Mapping[str, str]) -> Server | None:
    """The IMAP server at which the account's replies arrive, by the options `imap_host`, `imap_port`, `imap_security` and the
    credentials `imap_username`, `imap_password`, for which those of SMTP stand in. None where there is no
    `imap_host`, or an empty one, by which replies are switched off.
    Raises AccountError.
    """
    username = credentials.get("imap_username") or credentials.get("username", "")
    password = credentials.get("imap_password") or credentials.get("password", "")
    if not str(options.get("imap_host", "")).strip():
        stray = sorted(name for name in (*options, *credentials) if name.startswith("imap_"))
        if stray and "imap_host" not in options:
            raise AccountError(f"{stray[0]} means nothing without the option imap_host")
        return None
    if not username or not password:
        raise AccountError(
            "a mailbox needs a user name and a password: username and password, or imap_username and imap_password"
        )
    return server_of(options, IMAP, username, password, "imap_")
