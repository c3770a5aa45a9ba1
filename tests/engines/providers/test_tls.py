"""What is sent to a mail server is encrypted, and the server is who it says it is."""

import socket
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from engines.providers import smtp
from engines.providers.contract import Accepted, Deferred
from tests.engines.mailbox import AnyPort, Mailbox
from tests.engines.providers.cases import SECRET, outgoing


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for 127.0.0.1, signed by itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture(params=["tls", "starttls"])
def server(request, certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    tls = {"ssl_context": context} if request.param == "tls" else {"tls_context": context, "require_starttls": True}
    kept = Mailbox()
    kept.signed_in = []

    def sign_in(_server, _session, _envelope, _mechanism, data):
        kept.signed_in.append((data.login, data.password))
        return AuthResult(success=True)

    controller = Quiet(kept, hostname="127.0.0.1", port=0, authenticator=sign_in, auth_require_tls=False, **tls)
    controller.start()
    kept.options = {"host": "127.0.0.1", "port": controller.port, "security": request.param}
    yield kept
    controller.stop()


class Quiet(AnyPort):
    def _trigger_server(self):
        """aiosmtpd would look at its own server without believing the certificate."""
        self.port = self.server.sockets[0].getsockname()[1]
        socket.create_connection(("127.0.0.1", self.port), timeout=5).close()


def send(server):
    return smtp.build(server.options, {"username": "ann", "password": SECRET}).send(outgoing(), timeout=5)


def test_a_server_with_a_certificate_is_signed_in_to(server, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert send(server) == Accepted("key-1@sender.example")
    assert server.signed_in == [(b"ann", SECRET.encode())]
    assert len(server.received) == 1


def test_a_server_that_nobody_vouches_for_hears_nothing(server):
    result = send(server)
    assert isinstance(result, Deferred)
    assert "certificate verify failed" in result.reason.lower()
    assert (server.signed_in, server.received) == ([], [])
