"""The house's own rules, held against the code."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.routes import keyed, open_to_all

ROOT = Path(__file__).parents[2]
PURE = {
    "publisher": ["word", "wire", "redis_url", "redis_primary", "run", "outbox", "pace", "text"],
    "gateway": [
        "fleet",
        "known_worker",
        "picture",
        "snapshot",
        "debounce",
        "inbox",
        "silence",
        "frames",
        "chunks",
        "gzipped",
        "coding",
        "told",
        "keys",
        "address",
        "workers",
        "presentation",
        "terminal/view",
        "terminal/changes",
        "terminal/goal",
        "terminal/table",
        "ingest/heard",
        "ingest/hooks",
    ],
}
IMPURE = {"asyncio", "redis", "fastapi", "starlette", "time", "socket", "threading", "os", "uvicorn", "logging"}
CONTRACT = ("publisher.wire", "publisher.redis_url", "publisher.redis_primary")
"""What is said in Redis, and where that is."""
SOURCES = sorted(path for package in PURE for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [ROOT / p / f"{n}.py" for p, names in PURE.items() for n in names], ids=name_of)
def test_a_pure_file_touches_no_clock_no_socket_and_no_framework(path: Path) -> None:
    touched = {module.partition(".")[0] for module in imports(path)}
    # The publisher's outbox carries its settings, which are plain data once they are read.
    assert not touched & IMPURE


def test_the_publisher_never_imports_the_gateway() -> None:
    for path in (ROOT / "publisher").rglob("*.py"):
        assert not {module for module in imports(path) if module.startswith("gateway")}, path


def test_the_gateway_knows_of_the_publisher_only_the_contract() -> None:
    for path in (ROOT / "gateway").rglob("*.py"):
        if {"demo", "doctor", "ingest", "__main__.py"} & set(path.parts):
            continue  # ordinary users of the publisher, and the commands' entry
        known = {module for module in imports(path) if module.startswith("publisher")}
        assert all(module.startswith(CONTRACT) for module in known), (path, known)


def test_the_environment_is_read_in_the_settings_and_by_the_commands_only() -> None:
    settings = {"publisher/settings.py", "gateway/settings.py"}
    commands = {"gateway/cli.py", "gateway/demo/stack.py", "publisher/hook.py", "publisher/hook_settings.py"}
    readers = {
        name_of(path) for path in SOURCES if "os.environ" in (text := path.read_text("utf-8")) or "getenv" in text
    }
    assert readers <= settings | commands


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name_of)
def test_no_file_is_over_300_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


def test_only_the_contract_builds_keys() -> None:
    builders = {name_of(path) for path in SOURCES if "agent-status:{" in path.read_text("utf-8")}
    assert builders == {"publisher/wire.py"}


def test_importing_the_app_reads_no_environment_and_importing_the_publisher_needs_no_gateway() -> None:
    check = (
        "import os, sys; os.environ['POCKETPAW_STATUS_PORT'] = 'broken'; "
        "import publisher; assert not {'fastapi', 'pydantic', 'typer'} & set(sys.modules); "
        "from gateway import app, create_app; create_app()"
    )
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT, timeout=60)


def test_nothing_that_answers_a_request_runs_in_a_thread() -> None:
    """FastAPI runs plain functions in threads, and each of those costs an answer ten turns of a busy loop."""

    def calls(dependant: Dependant) -> Iterator[object]:
        yield dependant.call
        for inner in dependant.dependencies:
            yield from calls(inner)

    routes = [route for route in (*keyed.routes, *open_to_all.routes) if isinstance(route, APIRoute)]
    assert len(routes) > 5
    for route in routes:
        for call in calls(route.dependant):
            is_asynchronous = inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
            assert is_asynchronous, (route.path, call)
