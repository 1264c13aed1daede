"""What a rule waits for."""

import pytest
from pydantic import ValidationError

from agent_status_gateway.cli.notify.rules.when import STALLED_SECONDS, When


def test_a_stalled_session_has_made_no_call_for_ten_minutes_or_as_the_rule_says() -> None:
    assert When(state="stalled").quiet_seconds == STALLED_SECONDS
    assert When(state="stalled", for_seconds=90).quiet_seconds == 90
    assert When(state="thinking", for_seconds=90).quiet_seconds is None


@pytest.mark.parametrize("seconds", [0.5, 86_401])
def test_a_stall_is_as_long_as_a_gateway_can_be_asked_for(seconds: float) -> None:
    with pytest.raises(ValidationError, match="must be between 1 and 86400"):
        When(state="stalled", for_seconds=seconds)


def test_equal_conditions_have_one_name_and_others_have_others() -> None:
    one = When(state="ended", outcome=("lost", "failed"))
    assert one.name == When(state="ended", outcome=("failed", "lost")).name
    assert (
        len({one.name, When(state="ended").name, When(state="error").name, When(state="error", for_seconds=1).name})
        == 4
    )
