"""The hours of a day in which nothing is told."""

from datetime import time

import pytest

from agent_status_gateway.cli.notify.rules.quiet_hours import QuietHours


@pytest.mark.parametrize(
    ("hours", "covered", "free"),
    [
        (("22:00", "07:00"), ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        (("12:00", "13:30"), ["12:00", "13:29"], ["11:59", "13:30", "00:00"]),
        (("08:00", "08:00"), [], ["08:00", "00:00"]),
    ],
)
def test_quiet_hours_go_over_midnight_if_they_begin_later_than_they_end(
    hours: tuple[str, str], covered: list[str], free: list[str]
) -> None:
    quiet = QuietHours.model_validate({"from": hours[0], "to": hours[1]})
    assert all(quiet.cover(time.fromisoformat(moment)) for moment in covered)
    assert not any(quiet.cover(time.fromisoformat(moment)) for moment in free)
