"""deploy/kubernetes, read into Kubernetes' own Go types: a field that there is not, or of a wrong type, fails."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from chaos import need

BASE: Final = Path(__file__).parents[2] / "deploy" / "kubernetes"
PROGRAM: Final = Path(__file__).parent / "kubernetes_types"
BUILD_SECONDS: Final = 500
"""Go compiles them all the first time."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(BUILD_SECONDS + 60)]


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = need.go()
    built = tmp_path_factory.mktemp("go") / "check"
    environment = os.environ | {"CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -buildvcs=false"}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [go, *arguments],
            cwd=PROGRAM,
            env=environment,
            capture_output=True,
            text=True,
            timeout=BUILD_SECONDS,
            check=False,
        )

    if (fetched := run("mod", "download")).returncode:
        need.missing(f"a module of Go ({fetched.stderr[-300:].strip()})")
    done = run("build", "-o", str(built), ".")
    assert done.returncode == 0, done.stderr
    return built


@pytest.fixture(scope="module")
def rendered() -> str:
    command = [need.program("kubectl"), "kustomize", str(BASE)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def _check(checker: Path, manifests: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([checker], input=manifests, capture_output=True, text=True, timeout=60, check=False)


def test_every_field_is_one_that_kubernetes_knows(checker: Path, rendered: str) -> None:
    done = _check(checker, rendered)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 5


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("readOnlyRootFilesystem: true", "readOnlyRootFileSystem: true"), ("minReadySeconds: 5", "minReadySeconds: soon")],
)
def test_a_field_that_there_is_not_or_of_a_wrong_type_would_be_seen(
    checker: Path, rendered: str, right: str, wrong: str
) -> None:
    assert right in rendered
    assert _check(checker, rendered.replace(right, wrong)).returncode == 1
