"""The two wheels, as an index would have them: what each brings, beside others that have our folders' names."""

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path
from typing import Final

import pytest

from agent_status_publisher.version import __version__

ROOT: Final = Path(__file__).parents[2]
PROJECTS: Final = {
    "publisher": ("agent_status_publisher", {"agent-status-hook": "agent_status_publisher.hooks.send:main"}),
    "gateway": ("agent_status_gateway", {"agent-status-gateway": "agent_status_gateway.__main__:main"}),
}
BUILD_SECONDS: Final = 120
pytestmark = pytest.mark.timeout(300)


def run(*command: str | Path, cwd: Path = Path("/")) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=BUILD_SECONDS, check=False, cwd=cwd
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each project's wheel, built of its source distribution."""
    made = {}
    for project, (package, _) in PROJECTS.items():
        folder = tmp_path_factory.mktemp(project)
        run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder, cwd=ROOT / project)
        (source,) = folder.glob("*.tar.gz")
        run("tar", "-xzf", source, "-C", folder)
        run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=folder / source.name[:-7])
        (wheel,) = folder.glob(f"{package}-{__version__}-*.whl")
        made[project] = wheel
    return made


@pytest.fixture(scope="module")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with both wheels, and with somebody else's `gateway` and `publisher`."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    others = folder / "others"
    for name in ("gateway", "publisher"):
        (others / name).mkdir(parents=True)
        (others / name / "__init__.py").write_text("OWNER = 'somebody else'\n")
    (others / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "somebody-else"\nversion = "1"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["gateway", "publisher"]\n'
    )
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", others, cwd=others)
    (stranger,) = others.glob("*.whl")
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-index")
    run(*pip, stranger, *wheels.values())
    return python


@pytest.mark.parametrize("project", PROJECTS)
def test_a_wheel_brings_one_package_and_one_command(wheels: dict[str, Path], project: str) -> None:
    package, commands = PROJECTS[project]
    with zipfile.ZipFile(wheels[project]) as wheel:
        names = wheel.namelist()
        (entry_points,) = (name for name in names if name.endswith("entry_points.txt"))
        found = ConfigParser()
        found.read_string(wheel.read(entry_points).decode())
    information = f"{package}-{__version__}.dist-info"
    assert {name.partition("/")[0] for name in names} == {package, information}
    assert f"{information}/licenses/LICENSE" in names
    assert {section: dict(found[section]) for section in found.sections()} == {"console_scripts": commands}


def test_both_live_beside_others_that_have_the_names_of_our_folders(installed: Path) -> None:
    check = "import gateway, publisher, agent_status_publisher; print(gateway.OWNER, publisher.OWNER, sep=', ')"
    assert run(installed, "-I", "-c", check) == "somebody else, somebody else\n"


def test_each_environment_gets_these_commands_alone(installed: Path) -> None:
    ours = {path.name for path in installed.parent.iterdir() if path.name.startswith("agent")}
    assert ours == {"agent-status-hook", "agent-status-gateway"}


def test_the_gateway_requires_exactly_the_publisher_of_its_own_version(wheels: dict[str, Path]) -> None:
    with zipfile.ZipFile(wheels["gateway"]) as wheel:
        metadata = wheel.read(f"agent_status_gateway-{__version__}.dist-info/METADATA").decode()
    assert f"\nVersion: {__version__}\n" in metadata
    assert f"\nRequires-Dist: agent-status-publisher=={__version__}\n" in metadata


@pytest.mark.parametrize("project", PROJECTS)
def test_each_project_has_a_copy_of_the_licence(project: str) -> None:
    assert (ROOT / project / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("project", PROJECTS)
def test_nothing_else_that_can_be_imported_lies_in_a_projects_folder(project: str) -> None:
    """An editable install puts the whole folder on the path."""
    package, _ = PROJECTS[project]
    folders = {path.name for path in (ROOT / project).iterdir() if path.is_dir() and list(path.glob("*.py"))}
    files = {path.name for path in (ROOT / project).glob("*.py")}
    assert folders == {package}
    assert files <= {"hatch_build.py"}


def test_importing_by_the_old_names_finds_nothing() -> None:
    check = "import importlib.util as u; print(u.find_spec('gateway'), u.find_spec('publisher'))"
    assert run(sys.executable, "-I", "-c", check) == "None None\n"
