"""How many connections a process may have."""

import resource
import sys

import pytest

from agent_status_gateway.access.open_files import OTHER_FILES, connections_at_most, open_files


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
