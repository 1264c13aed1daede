"""Titles of command-line agents' sessions."""

import pytest

from agent_status_gateway.ingest import titles as titles_module
from agent_status_gateway.ingest.titles import KEPT_SECONDS, Titles
from tests.support.builders.clock import Clock

FIRST = "codex:019a0000-1111-7222-8333-00000000aaaa"
SECOND = "codex:019a0000-1111-7222-8333-00000000bbbb"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def titles(clock: Clock) -> Titles:
    return Titles(clock)


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("/home/me/secret-client/web-shop", "web-shop"),
        ("/home/me/web-shop/", "web-shop"),
        ("C:\\Users\\me\\web-shop", "web-shop"),
        ("/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_title_is_the_folders_name_and_nothing_of_its_path(
    titles: Titles, folder: str | None, title: str | None
) -> None:
    assert titles.of(FIRST, folder) == title


# titles: Rule 1
def test_a_session_keeps_its_first_folder(titles: Titles) -> None:
    assert titles.of(FIRST, None) is None
    assert titles.of(FIRST, "/home/me/web-shop") == "web-shop"
    assert titles.of(FIRST, "/home/me/web-shop/tests") == "web-shop"
    assert titles.of(FIRST, None) == "web-shop"


# titles: Rule 2
def test_two_sessions_of_one_folder_are_told_apart_by_the_end_of_the_second_id(titles: Titles) -> None:
    assert titles.of(FIRST, "/home/me/web-shop") == "web-shop"
    assert titles.of(SECOND, "/home/me/web-shop") == "web-shop (bbbb)"
    assert titles.of(FIRST, "/home/me/web-shop") == "web-shop"
    assert titles.of("codex:x-0000bbbb", "/srv/web-shop") == "web-shop (0000bbbb)"
    assert titles.of("codex:y-0000bbbb", "/srv/web-shop") == "web-shop (y-0000bbbb)"


# titles: Rule 3
def test_the_title_of_a_session_that_has_ended_is_free(titles: Titles) -> None:
    titles.of(FIRST, "/home/me/web-shop")
    titles.forget(FIRST)
    titles.forget(FIRST)
    assert titles.of(SECOND, "/home/me/web-shop") == "web-shop"


# titles: Rule 3
def test_the_title_of_a_session_that_was_not_seen_for_long_is_free(titles: Titles, clock: Clock) -> None:
    titles.of(FIRST, "/home/me/web-shop")
    clock.pass_(KEPT_SECONDS - 1)
    titles.of(FIRST, "/home/me/web-shop")
    clock.pass_(KEPT_SECONDS - 1)
    assert titles.of(SECOND, "/home/me/web-shop") == "web-shop (bbbb)"
    clock.pass_(1)
    assert titles.of("codex:z", "/home/me/web-shop") == "web-shop"


def test_titles_fill_no_memory(titles: Titles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(titles_module, "MAX_TITLES", 10)
    for session in range(100):
        titles.of(f"codex:{session}", f"/home/me/{session}")
    assert len(titles) == len(titles._owners) == 10
    assert titles.of("codex:99", None) == "99"


def test_a_long_folder_leaves_room_for_the_end_of_an_id(titles: Titles) -> None:
    titles.of(FIRST, "/" + "x" * 255)
    title = titles.of(SECOND, "/" + "x" * 255)
    assert title is not None
    assert title.endswith("x (bbbb)")
    assert len(title) <= 200
