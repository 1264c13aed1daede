"""The shipped configurations of load balancers with TLS: browsers speak HTTP/2 over it only."""

import subprocess
from pathlib import Path
from typing import Final

import pytest

from bench.balancers import BALANCERS, Change
from chaos import need
from chaos.gateways.gateway_process import STREAM
from chaos.ports import free_port
from chaos.servers.redis_server import RedisServer
from chaos.wait import wait_until
from tests.support.gateways.balancers import Balancer
from tests.support.gateways.replica_pair import ReplicaPair

pytestmark = pytest.mark.slow

LOOK_SECONDS: Final = 3


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate and its key, which nobody else has signed."""
    crt, key = folder / "tls.crt", folder / "tls.key"
    asked = ("-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost")
    command = [need.program("openssl"), "req", *asked, "-days", "2", "-keyout", str(key), "-out", str(crt)]
    subprocess.run(command, check=True, capture_output=True, timeout=20)
    (folder / "tls.pem").write_text(crt.read_text() + key.read_text())
    return crt, key


def _changes(kind: str, port: int, folder: Path) -> list[Change]:
    """What the file's comments say is to be done for TLS, on a port of its own where there can be two."""
    crt, key = _certificate(folder)
    if kind == "nginx":
        return [
            ("#tls listen 443 ssl http2 default_server;", f"listen 127.0.0.1:{port} ssl http2 default_server;"),
            ("#tls ssl_certificate /etc/nginx/tls/tls.crt;", f"ssl_certificate {crt};"),
            ("#tls ssl_certificate_key /etc/nginx/tls/tls.key;", f"ssl_certificate_key {key};"),
        ]
    if kind == "haproxy":
        return [("#tls bind :443 ssl crt /etc/haproxy/tls.pem ", f"bind 127.0.0.1:{port} ssl crt {folder}/tls.pem ")]
    return [("\tbind 127.0.0.1\n", f"\tbind 127.0.0.1\n\ttls {crt} {key}\n")]


def _curl(url: str) -> list[str]:
    """What comes in a while, by line; the last one is the version of HTTP."""
    command = [need.program("curl"), "-sNk", "--http2", "--max-time", str(LOOK_SECONDS), "-w", "\n%{http_version}", url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    return done.stdout.splitlines()


@pytest.mark.parametrize("kind", BALANCERS)
def test_a_browser_gets_the_stream_by_http_2_unbuffered_and_its_leaving_is_noticed(
    kind: str, own_redis: RedisServer, tmp_path: Path
) -> None:
    port = free_port()
    with (
        ReplicaPair(own_redis.url, keepalive_seconds=60) as pair,
        Balancer(kind, *pair.ports, *_changes(kind, port, tmp_path)) as balancer,
    ):
        lines = _curl(f"https://127.0.0.1:{balancer.port if kind == 'caddy' else port}{STREAM}")
        assert lines[0] == "event: status"
        assert lines[-1] == "2"
        wait_until(lambda: pair.clients() == [0, 0], "nobody is there any more", 5)
