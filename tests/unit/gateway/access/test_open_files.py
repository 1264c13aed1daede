"""How many connections a process may have."""

import resource
import sys

import pytest

from agent_status_gateway.access.open_files import OTHER_FILES, connections_at_most, open_files, raise_open_files


@pytest.mark.parametrize(
    ("files", "wanted", "most"),
    [
        (1_000_000, 11_000, 11_000),
        (1024, 11_000, 1024 - OTHER_FILES),
        (10, 11_000, 1),
        (resource.RLIM_INFINITY, 11_000, 11_000),
    ],
)
def test_there_are_no_more_connections_than_files_for_them(
    monkeypatch: pytest.MonkeyPatch, files: int, wanted: int, most: int
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (files, files))
    assert connections_at_most(wanted) == most


def test_no_limit_of_files_is_more_than_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert open_files() == sys.maxsize


def test_a_system_without_such_limits_allows_any_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent_status_gateway.access.open_files.HAS_LIMITS", False)
    raise_open_files()
    assert open_files() == sys.maxsize
    assert connections_at_most(11_000) == 11_000


class Kernel:
    """A kernel with limits of open files. It grants no soft limit above `most`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, most: int) -> None:
        self.limits = (soft, hard)
        self._most = most
        monkeypatch.setattr(resource, "getrlimit", lambda _: self.limits)
        monkeypatch.setattr(resource, "setrlimit", lambda _, limits: self._set(limits))

    def _set(self, limits: tuple[int, int]) -> None:
        if limits[0] == resource.RLIM_INFINITY or limits[0] > self._most:
            raise ValueError("current limit exceeds maximum limit")
        self.limits = limits


@pytest.mark.parametrize(
    ("soft", "hard", "most", "raised"),
    [
        (1024, 4096, 1_000_000, 4096),  # Linux
        (256, resource.RLIM_INFINITY, 245_760, 131_072),  # macOS
        (256, resource.RLIM_INFINITY, 10_240, 10_240),
        (20_000, resource.RLIM_INFINITY, 10_240, 20_000),  # never lower than before
        (1024, 500_000, 100_000, 65_536),  # a container whose kernel grants less than its hard limit
        (256, 300, 100, 256),
    ],
)
def test_the_limit_is_raised_to_what_the_kernel_grants_and_a_refusal_does_not_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, most: int, raised: int
) -> None:
    kernel = Kernel(monkeypatch, soft, hard, most)
    raise_open_files()
    assert kernel.limits == (raised, hard)
