"""What a test needs and a machine lacks: skipped on somebody's own machine, a failure where all of it is required."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from chaos import need
from tests.support.programs.earlier_code import earlier_code

NEEDS: Final[dict[str, Callable[[], object]]] = {
    "a program": partial(need.program, "no-such-program"),
    "go": need.go,
    "an earlier commit": partial(earlier_code, "0" * 40, Path("/nowhere")),
}
each_need = pytest.mark.parametrize("needed", NEEDS.values(), ids=NEEDS)


@pytest.fixture(autouse=True)
def a_machine_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "REQUIRE_ALL"):
        monkeypatch.delenv(name, raising=False)
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "go" else which(name))
    monkeypatch.setattr(need, "_why_not_executed", lambda: "")


@each_need
def test_what_is_missing_skips_a_test(needed: Callable[[], object]) -> None:
    with pytest.raises(pytest.skip.Exception):
        needed()


@each_need
@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("REQUIRE_ALL", "1")])
def test_what_is_missing_where_all_is_required_is_a_failure(
    needed: Callable[[], object], name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(pytest.fail.Exception, match="is required here"):
        needed()


def test_what_a_machine_cannot_be_given_skips_a_test_even_where_all_is_required(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.skip.Exception):
        need.refused("a kernel")
