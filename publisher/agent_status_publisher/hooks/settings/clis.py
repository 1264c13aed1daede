"""The command-line agents: where each keeps its hooks, which events it has, and since which version.

Sources: the hooks references and changelogs of Claude Code (to 2.1.240), Codex and Gemini CLI. Claude Code before
2.1.101 skips a whole settings file that names an event which it does not know, so its events have versions. Codex and
Gemini CLI ignore such an event.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

Json = dict[str, Any]
Version = tuple[int, int, int]

ANY_VERSION: Final = (0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cli:
    """A command-line agent: its settings file, and the events that our hooks receive."""

    name: str
    title: str
    program: str
    file: Callable[[], Path]
    events: Mapping[str, Version]
    """Each event, and the first version that knows it."""
    timeout: int
    """The time after which the agent ends a hook, in the agent's own unit."""
    timeouts: Mapping[str, int] = field(default_factory=dict)
    """The timeouts of events that have one of their own."""
    assumed: Version = ANY_VERSION
    """The version that is assumed if the agent does not answer."""
    note: str = ""
    """A sentence for the person who installs: the next step."""

    def entry(self, event: str, command: str) -> Json:
        """Return one hook, which runs a command."""
        return {"type": "command", "command": command, "timeout": self.timeouts.get(event, self.timeout)}

    def known(self, version: Version) -> list[str]:
        """Return the events that this version knows."""
        return [event for event, since in self.events.items() if since <= version]

    @property
    def first(self) -> Version:
        """The first version with any of these events."""
        return min(self.events.values())

    @property
    def complete(self) -> Version:
        """The first version with all of these events."""
        return max(self.events.values())


def home(variable: str, default: str) -> Path:
    """The folder of a CLI: that of its environment variable, else the default in the home folder."""
    return Path(os.environ.get(variable) or Path.home() / default)


CLAUDE_CODE: Final = Cli(
    name="claude-code",
    title="Claude Code",
    program="claude",
    file=lambda: home("CLAUDE_CONFIG_DIR", ".claude") / "settings.json",
    events={
        "UserPromptSubmit": (1, 0, 54),
        "PreToolUse": (1, 0, 38),
        "PostToolUse": (1, 0, 38),
        "PostToolUseFailure": (2, 0, 65),  # seen in it, and not in 2.0.32; the changelog does not have it
        "PostToolBatch": (2, 1, 101),  # no source names its version; from this one on, an unknown event does no harm
        "PermissionRequest": (2, 0, 45),
        "PermissionDenied": (2, 1, 89),
        "Elicitation": (2, 1, 76),
        "ElicitationResult": (2, 1, 76),
        "Notification": (1, 0, 38),
        "SubagentStart": (2, 0, 43),
        "SubagentStop": (1, 0, 41),
        "Stop": (1, 0, 38),
        "StopFailure": (2, 1, 78),
        "SessionEnd": (1, 0, 85),
    },
    timeout=5,
    assumed=(1, 0, 85),
)
CODEX: Final = Cli(
    name="codex",
    title="Codex",
    program="codex",
    file=lambda: home("CODEX_HOME", ".codex") / "hooks.json",
    events=dict.fromkeys(
        (
            *("UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse", "SubagentStart", "SubagentStop"),
            *("Stop", "StopFailure", "Interrupt", "SessionEnd"),
        ),
        ANY_VERSION,
    ),
    timeout=5,
    timeouts={"Interrupt": 3, "SessionEnd": 3},  # Codex allows no more, and warns at each start
    note="Codex runs a hook only after you trust it: start codex, enter /hooks, and trust these. Do it again after "
    "each change of them. A Codex without /hooks is too old.",
)
GEMINI: Final = Cli(
    name="gemini",
    title="Gemini CLI",
    program="gemini",
    file=lambda: Path.home() / ".gemini" / "settings.json",
    events=dict.fromkeys(
        ("BeforeAgent", "BeforeTool", "AfterTool", "Notification", "AfterAgent", "SessionEnd"), ANY_VERSION
    ),
    timeout=5000,  # ms
)
CLIS: Final = {cli.name: cli for cli in (CLAUDE_CODE, CODEX, GEMINI)}
