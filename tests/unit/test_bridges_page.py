"""The page about bridges, held against the bridges."""

import ast
import json
import re
import textwrap

import pytest

from tests.bridges.contract import ASPECTS, BRIDGES, DETAILS, Bridge
from tests.bridges.recorded.replay import replay, scenarios
from tests.support.documents import ROOT, doc_page, rows

PAGE = doc_page("how-to/frameworks.md")
INTEGRATIONS = ROOT / "publisher" / "agent_status_publisher" / "integrations"
SEEN = "| framework | thinking |"
RECORDED = ROOT / "tests" / "bridges" / "recorded"
TRACED = "| framework | traced by |"
PROVEN = "| framework | proven with |"
FILLED = "| framework | agent |"
SPLIT = "| framework | a child is |"

each_bridge = pytest.mark.parametrize("bridge", BRIDGES, ids=lambda bridge: bridge.name)


def section(bridge: Bridge) -> str:
    """What the page says of it alone."""
    return PAGE.partition(f"\n## {bridge.framework}\n")[2].partition("\n## ")[0]


def names_of(bridge: Bridge) -> set[str]:
    """The names that its file has, or that its folder exports."""
    file = INTEGRATIONS / f"{bridge.name}.py"
    exporting = ast.parse((file if file.exists() else INTEGRATIONS / bridge.name / "__init__.py").read_text("utf-8"))
    defined = {
        node.name for node in exporting.body if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    imported = {alias.name for node in exporting.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    return defined if file.exists() else imported


def proven_row(bridge: Bridge) -> list[str]:
    return next(row for row in rows(PAGE, PROVEN) if row[0] == bridge.framework)


def test_the_table_says_what_each_bridge_sees_as_the_contract_has_it() -> None:
    header = next(line for line in PAGE.splitlines() if line.startswith(SEEN))
    assert tuple(cell.strip() for cell in header.strip("|").split("|")[1:]) == ASPECTS
    documented = {
        row[0].partition("]")[0].lstrip("["): [cell.rstrip("¹²") for cell in row[1:]] for row in rows(PAGE, SEEN)
    }
    assert documented == {
        bridge.framework: ["no" if aspect in bridge.lacks else "yes" for aspect in ASPECTS] for bridge in BRIDGES
    }


def test_the_page_says_which_details_each_bridge_fills_as_the_contract_has_it() -> None:
    page = doc_page("reference/bridges.md")
    header = next(line for line in page.splitlines() if line.startswith(FILLED))
    assert tuple(cell.strip() for cell in header.strip("|").split("|")[1:]) == DETAILS
    assert {row[0]: row[1:] for row in rows(page, FILLED)} == {
        bridge.framework: ["yes" if detail in bridge.fills else "no" for detail in DETAILS] for bridge in BRIDGES
    }


def test_the_page_says_whose_subagents_can_be_sessions_as_the_contract_has_it() -> None:
    documented = {row[0]: not row[1].startswith("none") for row in rows(doc_page("reference/bridges.md"), SPLIT)}
    assert documented == {bridge.framework: bridge.splits for bridge in BRIDGES}


@each_bridge
def test_a_bridge_takes_the_wish_for_sessions_of_subagents_if_it_can_split_them(bridge: Bridge) -> None:
    file = INTEGRATIONS / f"{bridge.name}.py"
    sources = [file] if file.exists() else list((INTEGRATIONS / bridge.name).glob("*.py"))
    assert any("subagents: Subagents" in source.read_text("utf-8") for source in sources) == bridge.splits


def test_the_other_table_has_the_same_frameworks() -> None:
    assert [row[0] for row in rows(PAGE, PROVEN)] == [bridge.framework for bridge in BRIDGES]


@each_bridge
def test_the_versions_are_those_that_the_tests_install(bridge: Bridge) -> None:
    scenarios = ast.parse((ROOT / "tests" / "bridges" / "scenarios" / f"{bridge.name}.py").read_text("utf-8"))
    packages: tuple[str, ...] = next(
        ast.literal_eval(statement.value)
        for statement in scenarios.body
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "PACKAGES"
    )
    lock = (ROOT / "requirements" / f"bridge-{bridge.name.replace('_', '-')}.txt").read_text("utf-8")
    locked = {package: re.search(rf"^{package}==(\S+)", lock, re.MULTILINE) for package in packages}
    assert proven_row(bridge)[1] == ", ".join(f"{package} {found[1]}" for package, found in locked.items() if found)


def recordings() -> dict[frozenset[str], str]:
    """The recordings by the versions of what made them."""
    read = {path.stem: json.loads(path.read_text("utf-8"))["versions"] for path in RECORDED.glob("*.json")}
    return {frozenset(" ".join(version) for version in versions.items()): name for name, versions in read.items()}


def shown_by(recording: str) -> set[str]:
    """What its rows show of tools, tokens, agents and models."""
    played = [row for scenario in scenarios(recording) for row in replay(recording, scenario)]
    shown = {label for row in played for label in row.labels}
    shown |= {"tools"} if any("tool_running" in state for row in played for state in row.states) else set()
    return shown | ({"tokens"} if any(max(row.tokens) for row in played) else set())


def test_the_table_says_what_the_recordings_of_traced_frameworks_show_and_names_their_versions() -> None:
    header = next(line for line in PAGE.splitlines() if line.startswith(TRACED))
    columns = [cell.strip() for cell in header.strip("|").split("|")[2:-1]]
    assert columns == ["tools", "tokens", "agent", "model"]
    documented = {
        frozenset(re.findall(r"[a-z][a-z-]+ \d[\d.]+\d", " ".join(row[:2]))): dict(zip(columns, row[2:-1], strict=True))
        for row in rows(PAGE, TRACED)
    }
    assert documented == {
        versions: {column: "yes" if column in shown_by(name) else "no" for column in columns}
        for versions, name in recordings().items()
    }


@each_bridge
def test_each_has_a_section_that_the_table_leads_to_and_an_example(bridge: Bridge) -> None:
    anchor = re.sub(r"[^a-z -]", "", bridge.framework.lower()).replace(" ", "-")
    assert f"| [{bridge.framework}](#{anchor}) |" in PAGE
    assert section(bridge)
    assert proven_row(bridge)[3] == f"`examples/{bridge.name}_agent.py`"
    assert (ROOT / "examples" / f"{bridge.name}_agent.py").exists()


@each_bridge
def test_what_it_lacks_is_said_with_the_reason(bridge: Bridge) -> None:
    for aspect in bridge.lacks:
        state = "waiting_for_user" if aspect == "waiting" else aspect
        assert f"`{state}` cannot be seen: " in section(bridge)


@each_bridge
def test_the_lines_that_a_user_copies_are_python_and_name_what_is_there(bridge: Bridge) -> None:
    blocks = re.findall(r"```python\n(.*?)```", section(bridge), re.DOTALL)
    assert blocks
    named: set[str] = set()
    for block in blocks:
        for node in ast.walk(ast.parse("async def agent():\n" + textwrap.indent(block, "    "))):
            if isinstance(node, ast.ImportFrom) and node.module == f"agent_status_publisher.integrations.{bridge.name}":
                named |= {alias.name for alias in node.names}
    assert named
    assert named <= names_of(bridge)


@each_bridge
def test_its_key_begins_with_its_name_unless_the_framework_has_keys_of_its_own(bridge: Bridge) -> None:
    documented = proven_row(bridge)[2]
    assert documented.startswith(f"`{bridge.name}:` and ") or bridge.name == "pocketpaw"
