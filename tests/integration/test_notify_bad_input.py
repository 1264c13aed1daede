"""Wrong rules, secrets and options of a notifier, and `--check`: a sentence each, an exit status, and no traceback."""

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

import pytest

from chaos.clients.receiver import CLOSES, DRIPS, HANGS, NEVER_ENDS, Answer, Receiver
from chaos.gateways.gateway_process import clean_environment
from chaos.gateways.notifier_process import WAITS, rules_for

NOBODY: Final = "http://127.0.0.1:1"
SECRET: Final = "whsec_" + "c2VjcmV0" * 4


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "agent_status_gateway", "notify", "rules.toml", *arguments]
    environment = clean_environment({}) | {"XDG_STATE_HOME": os.fspath(folder / "state")}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, timeout=60, check=False)


def sentence(folder: Path, *arguments: str) -> str:
    """What a notifier says on stderr that ends at once with status 2, all in one line."""
    done = run(folder, *arguments)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    assert SECRET not in done.stderr
    return done.stderr.strip().removeprefix("agent-status-gateway: ").replace(os.fspath(folder), "…")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with rules that can be used, and the secrets of their targets."""
    (tmp_path / "rules.toml").write_text(rules_for(NOBODY, tmp_path, WAITS))
    return tmp_path


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        ("waiting_for_user", "waits", "rule 1: when.state: must be 'thinking', "),
        ('["hook"]', '["phone"]', "rule 1: `to`: there is no [target.phone]"),
        ('kind = "webhook"', 'kind = "pager"', "target.hook: `kind` must be 'slack', 'ntfy', 'webhook' or 'command'"),
        ("[[rule]]", "[[rule", "not TOML: "),
        ("group_seconds", "colour", "rule 1: colour: is not a field that is known here"),
    ],
)
def test_wrong_rules_are_a_sentence_that_names_the_field(folder: Path, right: str, wrong: str, expected: str) -> None:
    path = folder / "rules.toml"
    path.write_text(path.read_text().replace(right, wrong, 1))
    assert sentence(folder).startswith(f"rules.toml: {expected}")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "rules.toml cannot be read: No such file or directory"),
        (b"\xff", "rules.toml must be UTF-8"),
        (b"", "rules.toml: rule: is missing; target: is missing"),
        (b"#" * 262_145, "rules.toml must be at most 262,144 bytes"),
        (b".".join([b"a"] * 100_000) + b" = 1", "rules.toml: line 1 must have at most 100 dots outside of strings"),
    ],
)
def test_a_file_of_rules_that_cannot_be_read_is_named(folder: Path, content: bytes | None, expected: str) -> None:
    (folder / "rules.toml").unlink()
    if content is not None:
        (folder / "rules.toml").write_bytes(content)
    assert sentence(folder) == expected


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        ("hook-secret", None, "secret_file: …/hook-secret cannot be read: No such file or directory"),
        ("hook-url", b"", "url_file: …/hook-url must have one line, and no spaces in it"),
        (
            "hook-url",
            b"http://h:99999/",
            (
                "url_file: …/hook-url must have an address such as https://hooks.example.org/…: "
                "it must have a port between 1 and 65535"
            ),
        ),
        ("hook-secret", SECRET[:-9].encode(), "secret_file must have whsec_ and 24 to 64 bytes in base64"),
        ("hook-secret", b"\xff" + SECRET.encode(), "secret_file: …/hook-secret must have ASCII characters only"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_and_not_repeated(
    folder: Path, file: str, content: bytes | None, expected: str
) -> None:
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content)
    assert sentence(folder) == f"rules.toml: target.hook: {expected}"


def test_a_secret_that_is_a_folder_is_named(folder: Path) -> None:
    (folder / "hook-secret").unlink()
    (folder / "hook-secret").mkdir()
    assert sentence(folder, "--check") == (
        "rules.toml: target.hook: secret_file: …/hook-secret cannot be read: Is a directory"
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ("--state", "hook-url"),
            "--state must be a file that the notifier can write: hook-url: file is not a database",
        ),
        (("--state", "."), "--state must be a file that the notifier can write: .: unable to open database file"),
        (("--state", "hook-url/x"), "--state must be a file that the notifier can write: hook-url: File exists"),
        (("--url", "nonsense"), "--url must be an address such as http://localhost:8000, not 'nonsense'"),
        (
            ("--key-file", "absent"),
            "--key-file must be a file with the key: absent cannot be read: No such file or directory",
        ),
        (("--key-file", "."), "--key-file must be a file with the key: . cannot be read: Is a directory"),
        (("--key-file", os.devnull), "--key-file must be a file with the key: /dev/null is empty"),
        (("--key-file", "/dev/zero"), "--key-file must be a file with the key: /dev/zero must be at most 65,536 bytes"),
        (("--redis-url", "redis://127.0.0.1:0"), "AGENT_STATUS_REDIS_URL: cannot be parsed, a host or port is wrong"),
        (("--redis-url", "http://secret@127.0.0.1"), "AGENT_STATUS_REDIS_URL: cannot be parsed; expected redis://"),
        (
            ("--redis-url", "redis://127.0.0.1", "--redis-password-file", "absent"),
            "AGENT_STATUS_REDIS_PASSWORD_FILE: absent cannot be read: No such file or directory",
        ),
    ],
)
def test_a_wrong_option_is_named_with_what_would_be_right(
    folder: Path, arguments: tuple[str, ...], expected: str
) -> None:
    said = sentence(folder, *arguments)
    assert said.startswith(expected)
    assert "secret@" not in said


def test_a_port_for_metrics_that_is_taken_is_named(folder: Path) -> None:
    with Receiver() as receiver:
        port = receiver.url.rpartition(":")[2]
        said = sentence(folder, "--metrics-port", port)
    assert said == f"--metrics-port: 127.0.0.1:{port} cannot be listened on: Address already in use"


@pytest.mark.parametrize("host", ["no.such.host.invalid", "no..host", "x" * 70])
def test_a_host_for_metrics_that_is_not_known_is_named(folder: Path, host: str) -> None:
    said = sentence(folder, "--metrics-port", "9100", "--metrics-host", host)
    assert said == f"--metrics-host must be an address of this machine, not '{host}'"


class Elsewhere(BaseHTTPRequestHandler):
    """A server that has nothing of a gateway."""

    status = 404

    def do_GET(self) -> None:
        self.send_error(self.status)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.mark.parametrize("status", [404, 501])
def test_what_is_not_a_gateway_ends_it_with_a_sentence(
    folder: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Elsewhere, "status", status)
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        done = run(folder, "--url", url)
        server.shutdown()
    assert done.returncode == 2
    assert f"agent-status-gateway: {url} answered {status}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, {}), "took the test message"),
        (NEVER_ENDS, "took the test message"),
        ((404, {}), "127.0.0.1 answered 404"),
        ((503, {"Retry-After": "3600"}), "127.0.0.1 answered 503"),
        (CLOSES, "127.0.0.1 cannot be reached (RemoteProtocolError)"),
        pytest.param(HANGS, "127.0.0.1 did not answer within 10 s", marks=pytest.mark.slow),
        pytest.param(DRIPS, "127.0.0.1 did not answer within 10 s", marks=pytest.mark.slow),
    ],
)
def test_check_tries_each_target_once_and_says_what_became_of_it(folder: Path, answer: Answer, said: str) -> None:
    with Receiver(lambda request: answer if request.path == "/other" else (200, {})) as receiver:
        (folder / "rules.toml").write_text(rules_for(receiver.url, folder, WAITS))
        done = run(folder, "--check", "--url", NOBODY)
    assert done.stdout == f"target hook: took the test message\ntarget other: {said}\n"
    assert done.stderr == ""
    assert done.returncode == (0 if said.startswith("took") else 1)
    assert [request.path for request in receiver.requests] == ["/hook", "/other"]


@pytest.mark.parametrize(("status", "said"), [(0, "took the test message"), (1, "'sh' ended with status 1")])
def test_check_tries_every_kind_of_target(folder: Path, status: int, said: str) -> None:
    with Receiver() as receiver:
        for kind in ("slack", "ntfy"):
            (folder / kind).write_text(f"{receiver.url}/{kind}/topic")
        command = json.dumps(["sh", "-c", f"cat >read; exit {status}"])
        targets = [f"[target.{kind}]\nkind = '{kind}'\nurl_file = '{folder / kind}'" for kind in ("slack", "ntfy")]
        targets.append(f"[target.program]\nkind = 'command'\ncommand = {command}")
        rule = WAITS.replace('"hook"', '"slack", "ntfy", "program"')
        (folder / "rules.toml").write_text("\n".join(["[[rule]]", rule, *targets]))
        done = run(folder, "--check")
    expected = [f"target {kind}: took the test message" for kind in ("slack", "ntfy")]
    assert done.stdout.splitlines() == [*expected, f"target program: {said}"]
    assert done.returncode == (1 if status else 0)
    assert [request.path for request in receiver.requests] == ["/slack/topic", "/ntfy/"]
    assert json.loads((folder / "read").read_text())["data"]["title"] == "Test message of the agent status notifier"
