"""The names from before the two distributions: each stands only where it is listed, and the list has nothing else."""

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from chaos import need

ROOT: Final = Path(__file__).parents[2]
COMMANDS: Final = "serve|ingest|demo|show|workers|watch|doctor|wait|hook|install|uninstall"
METRICS: Final = (
    "build|words_total|readings_total|malformed_words_total|feed_losses_total|frames_encoded_total|change_seconds"
    "|broadcast_seconds|clients|max_clients|silent_workers|feed_live|tasks|events_total|sent_bytes_total"
    "|conflated_total|keepalives_total|join_seconds|streams_ended_total|key_clients|key_uses_total|workers|sessions"
)
OLD_NAMES: Final = {
    "key": r"\bPOCKETPAW_STATUS_API_KEY\b",
    "setting": r"\bPOCKETPAW_STATUS_(?!API_KEY\b)",
    "command": rf"(?<![\w-])agent-status (?:{COMMANDS})\b",
    "module": r"-m (?:gateway|publisher)\b",
    "import": r"\b(?:import (?:gateway|publisher)\b(?!_)|from (?:gateway|publisher)[\w.]* import\b)",
    "app": r"(?<![\w./])gateway\.main\b",
    "metric": rf"\bgateway_(?:{METRICS})\b",
    "metrics": r"\bgateway_\*",
    "alert": r"\bAgentStatus(?:MalformedWords|LineFailed)\b",
    "extra": r"agent-status-gateway\[gateway\]",
}
"""By what they named."""
PLACES: Final[dict[str, set[str]]] = {
    # The renames are listed once, and the key's other name stays valid.
    "CHANGELOG.md": {"setting", "key", "metrics"},
    "docker-compose.yml": {"key"},
    "docs/how-to/keys.md": {"key"},
    "docs/how-to/troubleshooting.md": {"setting", "key"},
    "docs/reference/settings.md": {"setting", "key"},
    # One module knows the old prefix.
    "publisher/agent_status_publisher/contract/setting_names.py": {"setting", "key"},
    "tests/unit/publisher/contract/test_setting_names.py": {"setting", "key"},
    "tests/unit/gateway/test_settings.py": {"setting", "key"},
    "tests/conftest.py": {"setting"},
    # Hooks that versions before the first release wrote are recognised, and replaced.
    "publisher/agent_status_publisher/hooks/settings/entries.py": {"command", "module"},
    "tests/unit/publisher/hooks/settings/test_entries.py": {"command", "module", "setting"},
    # PocketPaw's own command reads its own variable.
    "tests/e2e/test_clients_pocketpaw.py": {"key"},
    # The strangers beside whom our wheels are installed have the old names.
    "tests/integration/test_wheels.py": {"import"},
    "tests/unit/test_old_names.py": set(OLD_NAMES),
}


@cache
def files() -> list[Path]:
    """Every file that git has, or would have after `git add .`."""
    command = [need.program("git"), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode:
        need.refused(f"a list of the files that git has ({done.stderr.strip()})")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def old_names_in(path: Path) -> set[str]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return set()
    return {kind for kind, pattern in OLD_NAMES.items() if re.search(pattern, text)}


def test_an_old_name_stands_only_where_it_is_listed_and_stands_there() -> None:
    found = {str(path.relative_to(ROOT)): old_names_in(path) for path in files()}
    assert {name: kinds for name, kinds in found.items() if kinds} == PLACES


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("export POCKETPAW_STATUS_API_KEY=k", "key"),
        ("export POCKETPAW_STATUS_PORT=1", "setting"),
        ("run `agent-status watch` there", "command"),
        ("python -m gateway serve", "module"),
        ("from gateway.hub import Hub", "import"),
        ("uvicorn gateway.main:app", "app"),
        ("rate(gateway_words_total[5m])", "metric"),
        ("metrics were gateway_*", "metrics"),
        ("alertname: AgentStatusLineFailed", "alert"),
        ("pip install 'agent-status-gateway[gateway]'", "extra"),
    ],
)
def test_each_old_name_would_be_found(text: str, kind: str) -> None:
    assert [name for name, pattern in OLD_NAMES.items() if re.search(pattern, text)] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "agent-status-gateway watch",
        "agent_status_gateway.main:app",
        "import gateways",
        "gateway_port",
        "from publisher to page",
    ],
)
def test_a_name_of_today_is_not_taken_for_an_old_one(text: str) -> None:
    assert [name for name, pattern in OLD_NAMES.items() if re.search(pattern, text)] == []
