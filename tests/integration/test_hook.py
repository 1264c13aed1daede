"""`agent-status-hook`, as a command-line agent runs it at each of its tool calls."""

import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from http.client import parse_headers
from pathlib import Path
from typing import Final

import pytest

from agent_status_publisher.testing import RecordingPublisher
from chaos import need
from chaos.wait import wait_until
from tests.support.gateways.ingest_thread import ingest

HOOK: Final = Path(sys.executable).parent / "agent-status-hook"
RUN_HOOK: Final = ["sh", "-c", '"$HOOK" $0 --url $URL']
KEY: Final = "write key"
PATIENCE_SECONDS: Final = 5.0
"""Much more than the 200 ms that it may take, since an interpreter has to start here first."""
EVENT: Final = {
    "session_id": "s1",
    "hook_event_name": "PreToolUse",
    "tool_name": "shell",
    "tool_use_id": "c1",
    "tool_input": {"command": "cat /etc/secrets"},
}


def hook(*arguments: str, stdin: bytes, key: str = KEY) -> subprocess.CompletedProcess[bytes]:
    command: list[str | Path] = [HOOK, *arguments]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        timeout=30,
        check=False,
        env={"AGENT_STATUS_INGEST_KEY": key},
    )


def test_it_passes_on_names_and_says_nothing() -> None:
    publisher = RecordingPublisher()
    with ingest(publisher, KEY) as url:
        done = hook("codex", "--url", url, stdin=json.dumps(EVENT).encode())
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        wait_until(lambda: publisher.sessions, "the hook has been taken in")
        assert publisher.sessions["codex:s1"].tool_name == "shell"
        assert "secrets" not in str(publisher.changes)


def request_of(
    command: Sequence[str | Path], environment: dict[str, str], certificate: Path | None = None
) -> tuple[dict[str, str], bytes]:
    """Run a command that calls the hook, and return the headers and the body that it sends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        scheme = "https" if certificate else "http"
        url = f"{scheme}://127.0.0.1:{server.getsockname()[1]}"
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment | {"URL": url}) as process:
            assert process.stdin
            process.stdin.write(json.dumps(EVENT).encode())
            process.stdin.close()
            connection, _ = server.accept()
            if certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                connection = context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as request:
                request.readline()
                headers = parse_headers(request)
                body = request.read(int(headers["Content-Length"]))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert process.wait(20) == 0
            return dict(headers) | {"pid": str(process.pid)}, body


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine, with its key."""
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    asked = ("-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost")
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-days", "2")
    command = [need.program("openssl"), "req", *asked, *names, "-keyout", "-", "-out", "-"]
    file.write_bytes(subprocess.run(command, check=True, capture_output=True, timeout=20).stdout)
    return file


def test_it_names_the_process_of_the_agent_behind_a_shell(tmp_path: Path) -> None:
    agent = tmp_path / "codex"
    agent.symlink_to("/bin/sh")
    headers, body = request_of(
        [agent, "-c", "sh -c '\"$HOOK\" codex --url $URL; true'; true"], {"HOOK": str(HOOK), "PATH": "/usr/bin:/bin"}
    )
    assert headers["Agent-Status-Pid"] == headers["pid"]
    assert headers["Agent-Status-Host"] == socket.gethostname()
    assert headers["Agent-Status-Process-Start"]
    assert b"secrets" not in body


DEAD_PROXY: Final = "http://127.0.0.1:1"
PROXIES: Final = [
    {"HTTP_PROXY": DEAD_PROXY, "http_proxy": DEAD_PROXY, "HTTPS_PROXY": DEAD_PROXY, "https_proxy": DEAD_PROXY},
    {"ALL_PROXY": "socks5h://127.0.0.1:1", "all_proxy": "socks5h://127.0.0.1:1"},
    {"HTTPS_PROXY": "socks5://127.0.0.1:1", "NO_PROXY": "::1,[fd00::1]"},
]


@pytest.mark.parametrize("proxies", PROXIES, ids=["http", "socks for all", "socks"])
def test_proxies_do_not_get_what_goes_to_this_machine(proxies: dict[str, str]) -> None:
    _, body = request_of([*RUN_HOOK, "codex"], {"HOOK": str(HOOK), "PATH": "/usr/bin:/bin"} | proxies)
    assert json.loads(body)["session_id"] == "s1"


@pytest.mark.parametrize("proxies", PROXIES, ids=["http", "socks for all", "socks"])
def test_with_tls_they_do_not_get_it_either(proxies: dict[str, str], certificate: Path) -> None:
    environment = {"HOOK": str(HOOK), "PATH": "/usr/bin:/bin", "SSL_CERT_FILE": str(certificate)}
    _, body = request_of([*RUN_HOOK, "codex"], environment | proxies, certificate)
    assert json.loads(body)["session_id"] == "s1"


def test_it_names_no_process_if_no_agent_is_around_it() -> None:
    headers, _ = request_of([*RUN_HOOK, "gemini"], {"HOOK": str(HOOK), "PATH": "/usr/bin:/bin"})
    assert not [name for name in headers if name.startswith("Agent-Status-")]


@pytest.mark.parametrize("stdin", [b"", b"{nonsense", b"[]", b"\xff\xfe", b'{"session_id": 7}'])
def test_whatever_stdin_says_it_says_nothing_and_exits_with_0(stdin: bytes) -> None:
    done = hook("codex", "--url", "http://127.0.0.1:1", stdin=stdin)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-", ">/dev/full 2>/dev/full"])
def test_it_exits_with_0_whatever_is_closed(closed: str) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"$HOOK" codex --url http://127.0.0.1:1 {closed}'],
        input=json.dumps(EVENT).encode(),
        env={"HOOK": str(HOOK)},
        timeout=30,
        check=False,
    )
    assert done.returncode == 0


def test_the_installer_does_its_work_though_nobody_reads_what_it_says(tmp_path: Path) -> None:
    file = tmp_path / "hooks.json"
    for what, closed in (("install", "| true"), ("uninstall", ">/dev/full"), ("install", ">&-")):
        done = subprocess.run(
            ["/bin/sh", "-c", f'"$HOOK" {what} codex --yes --file "$FILE" {closed}'],
            env={"HOOK": str(HOOK), "FILE": str(file), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        assert ("PreToolUse" in file.read_text()) is (what == "install")


@pytest.mark.parametrize(
    "arguments",
    [("emacs",), ("codex", "--url", "nonsense"), ("codex", "--url"), ("codex", "--url", "https://127.0.0.1:1")],
)
def test_wrong_arguments_forbid_no_tool(arguments: tuple[str, ...]) -> None:
    done = hook(*arguments, stdin=json.dumps(EVENT).encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_an_ingest_that_takes_it_and_never_answers_delays_nobody() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        done = hook("codex", "--url", f"http://127.0.0.1:{silent.getsockname()[1]}", stdin=json.dumps(EVENT).encode())
        assert done.returncode == 0
        assert time.monotonic() - began < PATIENCE_SECONDS


def test_a_stdin_that_never_ends_delays_nobody_for_ever() -> None:
    process = subprocess.Popen([HOOK, "codex"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        assert process.wait(2 + PATIENCE_SECONDS) == 0


def test_importing_the_hook_loads_no_library() -> None:
    check = (
        "import sys; sys.argv = ['agent-status-hook', 'codex']; before = set(sys.modules); "
        "import agent_status_publisher.hooks.send; "
        "loaded = {name.partition('.')[0] for name in set(sys.modules) - before}; "
        "assert loaded <= set(sys.stdlib_module_names) | {'agent_status_publisher'}, loaded; "
        "assert not {'agent_status_publisher.client', 'asyncio', 'http', 'ssl'} & set(sys.modules), loaded"
    )
    subprocess.run([sys.executable, "-c", check], check=True, timeout=60)
