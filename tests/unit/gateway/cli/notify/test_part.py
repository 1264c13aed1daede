"""The news of a part of the fleet, through refusals."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import pytest

from agent_status_gateway.cli.notify.part import REFUSED_SECONDS, Part
from agent_status_gateway.cli.reader import Reader
from agent_status_gateway.cli.reading.problems import ReaderError
from agent_status_gateway.cli.terminal.view import News, ReceivedSnapshot, Trouble

SNAPSHOT = ReceivedSnapshot(snapshot=cast("Any", {}), text="{}", at=0.0)
REFUSED = Trouble(reason="refused the key", retry_at=0.0, is_final=True)
LOST = Trouble(reason="no gateway answers", retry_at=0.0)


@dataclass
class Script:
    """Reader that says this."""

    news: list[News]
    source: str = "script"

    def read_news(self) -> Iterator[News]:
        yield from self.news


def part_of(*made: list[News] | str) -> tuple[Part, list[float]]:
    """A part whose readers say these one after another, or cannot be made; and how long it has slept."""
    left, slept = list(made), list[float]()

    def make_reader() -> Reader:
        one = left.pop(0)
        if isinstance(one, str):
            raise ReaderError(one)
        return cast("Reader", Script(one))

    return Part(make_reader, slept.append), slept


def told(part: Part) -> list[tuple[str, bool]]:
    return [(news.reason, news.is_final) for news in part.read_news() if isinstance(news, Trouble)]


# part: Rule 1
@pytest.mark.parametrize("before", [[], [LOST]])
def test_a_refusal_before_the_first_snapshot_is_final(before: list[News]) -> None:
    part, slept = part_of([*before, REFUSED, SNAPSHOT])
    assert told(part)[-1] == ("refused the key", True)
    assert slept == []


# part: Rule 2
def test_after_a_snapshot_a_refusal_is_trouble_and_the_key_of_then_is_tried() -> None:
    part, slept = part_of([SNAPSHOT, REFUSED, LOST], [REFUSED], [SNAPSHOT])
    assert told(part) == [("refused the key", False)] * 2
    assert slept == [REFUSED_SECONDS] * 2


# part: Rule 2
def test_a_key_that_cannot_be_looked_up_for_a_while_is_looked_up_again() -> None:
    part, slept = part_of([SNAPSHOT, REFUSED], "--key-file: no such file", [SNAPSHOT])
    assert told(part) == [("refused the key", False), ("--key-file: no such file", False)]
    assert slept == [REFUSED_SECONDS] * 2


def test_a_part_is_refused_until_it_is_read_again() -> None:
    part, _ = part_of([SNAPSHOT, REFUSED], [LOST, SNAPSHOT])
    seen = []
    for news in part.read_news():
        part.take(news)
        seen.append(part.is_refused)
    assert seen == [False, True, False, False]


def test_a_key_that_cannot_be_looked_up_at_the_start_is_an_error() -> None:
    with pytest.raises(ReaderError, match="no such file"):
        part_of("--key-file: no such file")
