"""The house's own rules, held against the code."""

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from agent_status_gateway.http.endpoints import keyed, open_to_all

ROOT: Final = Path(__file__).parents[2]
PACKAGES: Final = {
    "agent_status_publisher": ROOT / "publisher" / "agent_status_publisher",
    "agent_status_gateway": ROOT / "gateway" / "agent_status_gateway",
}
ROOMS: Final = {
    "agent_status_publisher": [
        {"version", "errors"},
        {"contract"},
        {"settings", "tool", "uwsgi"},
        {"worker"},
        {"session", "wait_thread"},
        {"client"},
        {"testing", "integrations", "hooks"},
    ],
    "agent_status_gateway": [
        {"paths", "plain_text", "version", "settings", "tasks"},
        {"state"},
        {"fanout"},
        {"access"},
        {"telemetry"},
        {"feed"},
        {"pipeline"},
        {"replica"},
        {"http"},
        {"dashboard", "ingest"},
        {"server"},
        {"main"},
        {"cli"},
        {"__main__"},
    ],
}
"""Rooms, and files beside them, in the order of their building: each knows only those of the lines before its own."""
IMPORTERS: Final = {
    "redis": {
        *("agent_status_publisher.client", "agent_status_publisher.worker"),
        *("agent_status_gateway.settings", "agent_status_gateway.feed", "agent_status_gateway.replica"),
        *("agent_status_gateway.main", "agent_status_gateway.cli"),
    },
    "uvicorn": {"agent_status_gateway.server"},
    "fastapi": {
        *("agent_status_gateway.access", "agent_status_gateway.http", "agent_status_gateway.dashboard"),
        *("agent_status_gateway.ingest", "agent_status_gateway.main"),
    },
    **{library: {"agent_status_gateway.cli"} for library in ("typer", "rich", "httpx")},
    "prometheus_client": {"agent_status_gateway.telemetry", "agent_status_gateway.http", "agent_status_gateway.cli"},
}
"""The rooms that may import a library."""
PURE: Final = [
    *("agent_status_publisher.contract.*", "agent_status_publisher.worker.sessions.*"),
    "agent_status_publisher.worker.pace",
    *("agent_status_gateway.state.*", "agent_status_gateway.fanout.*"),
    *("agent_status_gateway.access.hosts", "agent_status_gateway.plain_text", "agent_status_gateway.http.glance.*"),
    *("agent_status_gateway.access.keys.*", "agent_status_gateway.access.rate_limit"),
    *("agent_status_gateway.http.asking.negotiation", "agent_status_gateway.ingest.*"),
    *("agent_status_gateway.feed.inbox", "agent_status_gateway.feed.missed_reports"),
    *(f"agent_status_gateway.cli.reading.{file}" for file in ("address", "answers", "asked_view", "folding")),
    "agent_status_gateway.cli.terminal.[cepstv]*",
    *(f"agent_status_gateway.cli.{file}" for file in ("terminal.goal", "terminal.once.[glr]*", "terminal.live.[bkp]*")),
    *(f"agent_status_gateway.cli.notify.{file}" for file in ("rules.*", "attention.*", "ledger.entries", "rule_view")),
    *(f"agent_status_gateway.cli.{file}" for file in ("mcp.bounds", "mcp.http_hosts", "notify.ledger.[rs][ao]*")),
]
NOT_PURE: Final = {
    *("agent_status_gateway.ingest.app", "agent_status_gateway.ingest.body_limit", "agent_status_gateway.fanout.hub"),
    *("agent_status_gateway.fanout.members.releases", "agent_status_gateway.fanout.members.waiting"),
}
"""The files of pure rooms that write to the network, or ask the system."""
IMPURE: Final = {"asyncio", "redis", "fastapi", "starlette", "time", "socket", "threading", "os", "uvicorn", "logging"}
CONTRACT: Final = "agent_status_publisher.contract"
USERS_OF_THE_PUBLISHER: Final = {
    "agent_status_gateway.ingest",
    "agent_status_gateway.cli.demo",
    "agent_status_gateway.cli.doctor",
}
"""Rooms that publish as any agent does; all else knows of the publisher only the contract."""
MOST_LINES: Final = 300
MOST_FILES: Final = 10


@cache
def modules() -> dict[str, Path]:
    """Every module of the two packages by its dotted name; a package is named without `__init__`."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join([package, *parts])
            found[name.removesuffix(".__init__")] = path
    return found


@cache
def imports(path: Path) -> frozenset[str]:
    """Every module that a file imports, wherever in the file, but for those that only a type checker sees."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
        waiting.extend(ast.iter_child_nodes(node))
    return frozenset(found)


def room_of(module: str) -> str:
    """The part after the package's name: a folder of it, or a file beside the folders; empty for the package itself."""
    return [*module.split("."), ""][1]


def known_of_ours(module: str) -> set[str]:
    """The modules of the two packages that this one imports."""
    return {name for name in imports(modules()[module]) if name in modules() and name != module}


def is_in(module: str, places: set[str]) -> bool:
    """Whether it is one of these modules, or inside of one."""
    return any(module == place or module.startswith(f"{place}.") for place in places)


def files_named_by(folder: Path) -> list[str]:
    """The files that a room's docstring names, in its order."""
    text = ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8")), clean=False) or ""
    return re.findall(r"^    (\w+) {2,}\S", text, re.MULTILINE)


MODULES: Final = sorted(modules())
FOLDERS: Final = sorted({path.parent for path in modules().values()})
ROOM_FOLDERS: Final = [folder for folder in FOLDERS if folder not in PACKAGES.values()]
PAGE: Final = PACKAGES["agent_status_gateway"] / "dashboard" / "page"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("module", [module for module in MODULES if room_of(module)])
def test_a_room_knows_only_rooms_that_stand_before_it(module: str) -> None:
    package = module.partition(".")[0]
    ranks = {room: rank for rank, rooms in enumerate(ROOMS[package]) for room in rooms}
    rank = ranks[room_of(module)]
    too_high = {
        name
        for name in known_of_ours(module)
        if name.startswith(f"{package}.") and room_of(name) != room_of(module) and ranks[room_of(name)] >= rank
    }
    assert too_high == set()


def test_no_module_imports_itself_by_way_of_others() -> None:
    known = {module: known_of_ours(module) for module in MODULES if room_of(module)}
    try:
        TopologicalSorter(known).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


@pytest.mark.parametrize("library", IMPORTERS)
def test_only_these_rooms_import_a_library(library: str) -> None:
    importers = {
        ".".join(module.split(".")[:2])
        for module in MODULES
        if any(name.partition(".")[0] == library for name in imports(modules()[module]))
    }
    assert importers == IMPORTERS[library]


PURE_MODULES: Final = [
    module for module in MODULES if any(Path(module).match(pattern) for pattern in PURE) and module not in NOT_PURE
]


@pytest.mark.parametrize("module", PURE_MODULES)
def test_a_pure_file_touches_no_clock_no_socket_and_no_framework(module: str) -> None:
    touched = {name.partition(".")[0] for name in imports(modules()[module])}
    assert touched & IMPURE == set()


@pytest.mark.parametrize("pattern", PURE)
def test_each_pure_place_is_one_that_exists(pattern: str) -> None:
    assert [module for module in MODULES if Path(module).match(pattern)]


def test_the_publisher_never_imports_the_gateway() -> None:
    for module in MODULES:
        if module.startswith("agent_status_publisher"):
            assert not {name for name in imports(modules()[module]) if name.startswith("agent_status_gateway")}, module


def test_the_gateway_knows_of_the_publisher_only_the_contract() -> None:
    for module in MODULES:
        if module.startswith("agent_status_gateway") and not is_in(module, USERS_OF_THE_PUBLISHER):
            known = {name for name in imports(modules()[module]) if name.startswith("agent_status_publisher")}
            assert all(name.startswith(CONTRACT) for name in known), (module, known)


def test_the_environment_is_read_in_the_settings_and_by_the_commands_only() -> None:
    readers = {
        module
        for module, path in modules().items()
        if "os.environ" in (text := path.read_text("utf-8")) or "getenv" in text
    }
    assert readers == {
        *("agent_status_publisher.settings", "agent_status_publisher.hooks.send"),
        *("agent_status_publisher.hooks.install", "agent_status_publisher.hooks.settings.clis"),
        "agent_status_gateway.settings",
        *("agent_status_gateway.cli.demo.stack", "agent_status_gateway.cli.notify.targets.command"),
    }


@pytest.mark.parametrize("path", [*modules().values(), *sorted((ROOT / "tests").rglob("*.py"))], ids=name_of)
def test_no_file_is_over_300_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("folder", [*FOLDERS, PAGE], ids=name_of)
@pytest.mark.parametrize("suffix", [".py", ".js"])
def test_no_folder_has_more_than_ten_files_of_a_language(folder: Path, suffix: str) -> None:
    assert len([path for path in folder.iterdir() if path.suffix == suffix]) <= MOST_FILES


@pytest.mark.parametrize("folder", ROOM_FOLDERS, ids=name_of)
def test_a_rooms_docstring_names_each_of_its_files_once(folder: Path) -> None:
    named = files_named_by(folder)
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert sorted(named) == sorted(files | rooms)


@pytest.mark.parametrize("folder", ROOM_FOLDERS, ids=name_of)
def test_a_rooms_docstring_names_a_file_after_those_that_it_imports(folder: Path) -> None:
    order = files_named_by(folder)
    package = next(name for name, path in PACKAGES.items() if folder.is_relative_to(path))
    prefix = ".".join([package, *folder.relative_to(PACKAGES[package]).parts])
    for place, name in enumerate(order):
        inside = [module for module in MODULES if is_in(module, {f"{prefix}.{name}"})]
        known = {other for module in inside for other in imports(modules()[module])}
        later = [other for other in order[place + 1 :] if is_in(f"{prefix}.{other}", known)]
        assert later == [], name


def test_only_the_contract_builds_keys() -> None:
    builders = {module for module, path in modules().items() if "agent-status:{" in path.read_text("utf-8")}
    assert builders == {"agent_status_publisher.contract.wire"}


def test_the_metrics_know_nothing_of_what_they_measure() -> None:
    assert known_of_ours("agent_status_gateway.telemetry.metrics") == {"agent_status_gateway.version"}


def test_only_one_file_holds_paths_of_the_api() -> None:
    holders = {module for module, path in modules().items() if "/api/v1" in path.read_text("utf-8")}
    assert holders == {"agent_status_gateway.paths"}


def test_importing_the_app_reads_no_environment_and_importing_the_publisher_needs_no_gateway() -> None:
    check = (
        "import os, sys; os.environ['AGENT_STATUS_PORT'] = 'broken'; "
        "import agent_status_publisher; assert not {'fastapi', 'pydantic', 'typer'} & set(sys.modules); "
        "from agent_status_gateway import app, create_app; create_app()"
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
