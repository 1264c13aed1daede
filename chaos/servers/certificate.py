"""A server certificate for localhost, made by the openssl program, and two authorities: its own and a stranger."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from chaos import need
from chaos.servers.redis_server import server_binary

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


class Certificate:
    """`ca` signed it; `wrong_ca` is as good an authority, but did not."""

    def __init__(self) -> None:
        _check_that_servers_speak_tls()
        self.folder = Path(tempfile.mkdtemp(prefix="status-tls-"))
        self.ca = self._authority("ca")
        self.wrong_ca = self._authority("wrong-ca")
        (self.folder / "names").write_text(
            "subjectAltName=IP:127.0.0.1,DNS:localhost\nauthorityKeyIdentifier=keyid\nkeyUsage=digitalSignature\n"
        )
        self._openssl("req", *_KEY, "-keyout", "key.pem", "-out", "request.pem", "-subj", "/CN=localhost")
        by_ca = ("-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2")
        self._openssl(
            "x509", "-req", "-in", "request.pem", *by_ca, "-days", "2", "-extfile", "names", "-out", "cert.pem"
        )

    def server_arguments(self, port: int) -> tuple[str, ...]:
        """For a server that listens with TLS on this port."""
        return (
            *("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--tls-replication", "yes"),
            *("--tls-cert-file", str(self.folder / "cert.pem"), "--tls-key-file", str(self.folder / "key.pem")),
            *("--tls-ca-cert-file", str(self.ca)),
        )

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _authority(self, name: str) -> Path:
        self._openssl(
            *("req", "-x509", *_KEY, "-days", "2", "-subj", f"/CN={name}"),
            *("-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", f"{name}.key", "-out", f"{name}.pem"),
        )
        return self.folder / f"{name}.pem"

    def _openssl(self, *arguments: str) -> None:
        program = need.program("openssl")
        subprocess.run([program, *arguments], check=True, cwd=self.folder, capture_output=True, timeout=20)


def _check_that_servers_speak_tls() -> None:
    """A server ends at once for want of a certificate; one that is built without TLS says something else."""
    tried = subprocess.run(
        [server_binary(), "--port", "0", "--tls-port", "1"], capture_output=True, text=True, timeout=20, check=False
    )
    said = tried.stderr + tried.stdout
    if "tls-port" in said or "Failed finding TLS support" in said:  # before Redis 8, and since
        need.missing("a Redis-compatible server with TLS")
