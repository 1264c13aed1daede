"""Each module has a unit test of its name in the mirrored folder, or stands here with the tests that hold it."""

import ast
from pathlib import Path
from typing import Final

import pytest

from tests.unit.test_architecture import MODULES, PACKAGES, ROOT, modules

UNIT: Final = ROOT / "tests" / "unit"
FOLDERS: Final = {"agent_status_publisher": UNIT / "publisher", "agent_status_gateway": UNIT / "gateway"}
HELD_ELSEWHERE: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "It is a part of a module that has a unit test, and is held through it.": {
        "agent_status_publisher.worker.diagnostics": (
            "unit/publisher/test_session.py",
            "unit/publisher/test_client.py",
        ),
        "agent_status_publisher.worker.handle": (
            "unit/publisher/test_session.py",
            "unit/publisher/test_session_answered.py",
        ),
        "agent_status_publisher.worker.never_raise": ("unit/publisher/test_client.py",),
        "agent_status_publisher.wait_thread": ("contract/test_publishing.py", "unit/publisher/test_client.py"),
        "agent_status_publisher.testing": ("unit/publisher/test_session.py", "bridges/test_bridges.py"),
        "agent_status_gateway.fanout.events.chunks": (
            "unit/gateway/fanout/events/test_encoders.py",
            "unit/gateway/fanout/test_hub.py",
        ),
        "agent_status_gateway.fanout.delivery_counts": ("unit/gateway/fanout/test_hub.py",),
        "agent_status_gateway.fanout.members.waiting": ("unit/gateway/fanout/test_hub_waiting.py",),
        "agent_status_gateway.fanout.events.gzip_stream": ("unit/gateway/fanout/events/test_encoders.py",),
        "agent_status_gateway.fanout.events.retry": ("faults/test_outage.py", "integration/test_signals.py"),
        "agent_status_gateway.cli.notify.rules.rule": ("unit/gateway/cli/notify/rules/test_rule_file.py",),
        "agent_status_gateway.cli.notify.ledger.ledger": ("unit/gateway/cli/notify/ledger/test_entries.py",),
        **{
            f"agent_status_gateway.cli.notify.targets.{name}": ("unit/gateway/cli/notify/targets/test_targets.py",)
            for name in ("sent", "secrets", "payload", "webhook", "slack", "ntfy", "command")
        },
        **{
            f"agent_status_gateway.cli.notify.{name}": ("integration/test_notify.py",)
            for name in ("metrics", "trial", "command_line")
        },
        **{
            f"agent_status_gateway.cli.mcp.{name}": ("integration/test_mcp.py",)
            for name in ("questions", "server", "command_line")
        },
        "agent_status_gateway.feed.news": ("unit/gateway/feed/test_feed.py", "unit/gateway/state/test_fleet.py"),
    },
    "It talks to Redis: fakeredis and real servers hold it.": {
        "agent_status_gateway.cli.notify.ledger.redis_ledger": ("contract/test_notify_ledger.py",),
        "agent_status_gateway.cli.notify.ledger.boot": ("contract/test_notify_ledger.py",),
        "agent_status_gateway.cli.notify.ledger.file_ledger": ("contract/test_notify_ledger.py",),
        "agent_status_publisher.contract.redis_primary": ("integration/test_redis_kinds.py", "faults/test_failover.py"),
        "agent_status_publisher.worker.redis_writer": ("contract/test_publishing.py", "contract/test_scripts.py"),
        "agent_status_publisher.worker.worker": (
            "contract/test_publishing.py",
            "integration/test_publisher_goodbye.py",
        ),
        "agent_status_gateway.feed.redis_client": ("integration/test_redis_kinds.py", "faults/test_servers.py"),
        "agent_status_gateway.replica": ("integration/test_replicas.py", "faults/test_outage.py"),
    },
    "Its threads, forks and signals need processes.": {
        "agent_status_publisher.worker.process_lock": (
            "integration/test_publisher_hardening.py",
            "integration/test_publisher_at_exit.py",
        ),
        "agent_status_gateway.cli.child_process": ("integration/test_demo.py", "integration/test_signals.py"),
        "agent_status_gateway.cli.embedded": ("integration/test_entry_points.py", "integration/test_demo.py"),
        "agent_status_gateway.cli.demo.stack": ("integration/test_demo.py",),
        "agent_status_gateway.cli.demo.tools": ("integration/test_demo.py",),
        "agent_status_gateway.cli.demo.worker": ("integration/test_demo.py",),
    },
    "Each bridge is played to its own framework, in an environment of its own.": {
        **{
            f"agent_status_publisher.integrations.claude_agent_sdk.{name}": ("bridges/test_rules.py",)
            for name in ("about", "children", "turn")
        },
        "agent_status_publisher.integrations.claude_agent_sdk.stream": ("bridges/test_claude_agent_sdk.py",),
        "agent_status_publisher.integrations.claude_agent_sdk.tokens": ("bridges/test_claude_agent_sdk.py",),
        "agent_status_publisher.integrations.claude_agent_sdk.turns": ("bridges/test_claude_agent_sdk.py",),
        "agent_status_publisher.integrations.crewai.listener": ("bridges/test_crewai.py",),
        "agent_status_publisher.integrations.crewai.roots": ("bridges/test_crewai.py",),
        "agent_status_publisher.integrations.crewai.run_tasks": ("bridges/test_crewai.py",),
        "agent_status_publisher.integrations.crewai.titles": ("bridges/test_crewai.py",),
        "agent_status_publisher.integrations.langchain.about": ("bridges/test_rules.py",),
        "agent_status_publisher.integrations.langchain.handler": ("bridges/test_bridges.py", "bridges/test_rules.py"),
        "agent_status_publisher.integrations.langchain.process": ("bridges/test_bridges.py", "bridges/test_rules.py"),
        "agent_status_publisher.integrations.openai_agents.hooks": ("bridges/test_bridges.py", "bridges/test_rules.py"),
        "agent_status_publisher.integrations.openai_agents.processor": (
            "bridges/test_bridges.py",
            "bridges/test_rules.py",
        ),
        "agent_status_publisher.integrations.opentelemetry": ("bridges/test_opentelemetry.py",),
        "agent_status_publisher.integrations.pydantic_ai": ("bridges/test_pydantic_ai.py",),
    },
    "It answers requests: real connections hold it, and attacks.": {
        "agent_status_gateway.http.asgi_transport": ("integration/test_connections.py", "integration/test_stream.py"),
        "agent_status_gateway.http.cors": ("contract/test_app.py", "hardening/test_origins.py"),
        "agent_status_gateway.http.answers.misdirected": ("hardening/test_rebinding.py",),
        "agent_status_gateway.http.endpoints.glance": ("contract/test_glance.py", "hardening/test_scoped_glances.py"),
        "agent_status_gateway.http.endpoints.held": ("integration/test_polls.py", "hardening/test_held_polls.py"),
        "agent_status_gateway.http.endpoints.operations": ("contract/test_app.py", "hardening/test_scopes.py"),
        "agent_status_gateway.http.endpoints.routers": ("contract/test_app.py", "unit/test_protocol_page.py"),
        "agent_status_gateway.http.endpoints.status": ("contract/test_app.py", "unit/test_protocol_page.py"),
        "agent_status_gateway.http.endpoints.summary": (
            "integration/test_summaries.py",
            "integration/test_summary_streams.py",
        ),
        "agent_status_gateway.http.endpoints.tickets": ("contract/test_app.py", "hardening/test_scoped_tickets.py"),
        "agent_status_gateway.http.polls": ("integration/test_polls.py", "hardening/test_held_polls.py"),
        "agent_status_gateway.http.stream": ("contract/test_app.py", "integration/test_stream.py"),
        "agent_status_gateway.http.answers.room": ("integration/test_polls.py", "hardening/test_scopes.py"),
        "agent_status_gateway.http.answers.unavailable": ("contract/test_app.py", "faults/test_outage.py"),
        "agent_status_gateway.ingest.app": ("integration/ingest/test_requests.py", "hardening/test_reports.py"),
        "agent_status_gateway.main": ("contract/test_app.py", "integration/test_entry_points.py"),
        "agent_status_gateway.pipeline.pipeline": ("contract/test_app.py", "faults/test_outage.py"),
        "agent_status_gateway.server.proxies": ("hardening/test_behind_a_proxy.py", "integration/test_forwarded.py"),
        "agent_status_gateway.server.request_limits": (
            "hardening/test_large_requests.py",
            "hardening/test_behind_a_stream.py",
        ),
        "agent_status_gateway.server.serve": ("integration/test_entry_points.py", "integration/test_signals.py"),
        "agent_status_gateway.telemetry.collectors": ("unit/test_deploy_metrics.py", "contract/test_app.py"),
        "agent_status_gateway.telemetry.metrics": ("unit/test_deploy_metrics.py", "contract/test_app.py"),
    },
    "It reads the file again while a gateway runs.": {
        "agent_status_gateway.access.key_file": ("integration/test_keys.py",),
    },
    "It is a command, run as people and scripts run it.": {
        "agent_status_gateway.__main__": ("integration/test_entry_points.py", "integration/test_demo.py"),
        "agent_status_gateway.cli.commands": ("integration/test_entry_points.py", "unit/test_docs.py"),
        "agent_status_gateway.cli.command_end": ("e2e/test_terminal_scripts.py", "integration/test_entry_points.py"),
        "agent_status_gateway.cli.doctor.change_checks": ("integration/test_doctor_changes.py",),
        "agent_status_gateway.cli.doctor.examination": ("integration/test_doctor.py",),
        "agent_status_gateway.cli.doctor.open_stream": ("integration/test_doctor.py",),
        "agent_status_gateway.cli.doctor.own_session": ("integration/test_doctor.py",),
        "agent_status_gateway.cli.doctor.redis_checks": ("integration/test_doctor.py",),
        "agent_status_gateway.cli.doctor.stream_checks": ("integration/test_doctor.py",),
        "agent_status_gateway.cli.reader": (
            "integration/test_terminal_reader.py",
            "integration/test_terminal_views.py",
        ),
        "agent_status_gateway.cli.reading.requests": ("integration/test_terminal_reader.py",),
        "agent_status_gateway.cli.share_link": ("integration/test_share_links.py",),
        "agent_status_gateway.cli.reading.problems": ("integration/test_terminal_views.py",),
        "agent_status_gateway.cli.terminal.output": ("e2e/test_terminal_scripts.py",),
        "agent_status_gateway.cli.terminal.listening": ("e2e/test_terminal.py", "e2e/test_terminal_scripts.py"),
        "agent_status_gateway.cli.terminal.live.children": ("e2e/test_terminal_session.py",),
        "agent_status_gateway.cli.terminal.live.details": ("e2e/test_terminal_session.py",),
        "agent_status_gateway.cli.terminal.live.loop": ("e2e/test_terminal.py", "e2e/test_terminal_keys.py"),
        "agent_status_gateway.cli.terminal.live.screen": ("e2e/test_terminal.py", "e2e/test_terminal_keys.py"),
        "agent_status_gateway.cli.terminal.once.showing": ("e2e/test_terminal_scripts.py",),
        "agent_status_gateway.cli.terminal.watching": ("e2e/test_terminal.py", "e2e/test_terminal_scripts.py"),
    },
}
"""By the reason why a unit test would show less."""
HELD: Final = {module: tests for held in HELD_ELSEWHERE.values() for module, tests in held.items()}


def unit_test_of(module: str) -> Path:
    """Where the unit test of a module is expected."""
    package, *folders, name = module.split(".")
    return FOLDERS[package].joinpath(*folders, f"test_{name}.py")


def is_a_table(path: Path) -> bool:
    """True where a module has names, numbers and fields only, and nothing that could be called."""
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return not any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in nodes)


def test_each_module_has_a_unit_test_of_its_name_or_stands_in_the_list() -> None:
    wanting = {
        module
        for module in MODULES
        if module not in PACKAGES and not is_a_table(modules()[module]) and not unit_test_of(module).exists()
    }
    assert wanting == set(HELD)


@pytest.mark.parametrize("module", HELD)
def test_the_tests_that_hold_a_module_of_the_list_are_there(module: str) -> None:
    assert [name for name in HELD[module] if not (ROOT / "tests" / name).exists()] == []


def test_each_unit_test_in_a_mirrored_folder_begins_with_the_name_of_a_module_there() -> None:
    strays = []
    for package, folder in FOLDERS.items():
        for path in folder.rglob("test_*.py"):
            place = ".".join([package, *path.parent.relative_to(folder).parts])
            names = [module.rpartition(".")[2] for module in MODULES if module.rpartition(".")[0] == place]
            if not any(path.stem.startswith(f"test_{name}") for name in names):
                strays.append(str(path.relative_to(ROOT)))
    assert strays == []
