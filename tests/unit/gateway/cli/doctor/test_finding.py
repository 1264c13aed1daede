"""What the doctor finds, as a person reads it."""

from agent_status_gateway.cli.doctor.finding import note, ok, wrong


def test_a_finding_is_a_line_and_what_to_do_another() -> None:
    assert ok("Redis answers").lines() == ["ok     Redis answers"]
    assert note("far away", "move").lines() == ["note   far away", "       → move"]
    assert wrong("no", "mend it").lines() == ["wrong  no", "       → mend it"]
