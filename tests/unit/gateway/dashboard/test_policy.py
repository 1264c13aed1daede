"""The page's policy, and which pages may show it in a frame."""

import pytest

from agent_status_gateway.dashboard.policy import headers_for, policy_for


@pytest.mark.parametrize(
    ("ancestors", "named", "frame_options"),
    [
        ((), "'none'", "DENY"),
        (("self",), "'self'", "SAMEORIGIN"),
        (("https://wiki.example.org",), "https://wiki.example.org", None),
        (("self", "https://*.example.org:8443"), "'self' https://*.example.org:8443", None),
    ],
)
def test_both_headers_say_the_same_where_both_can_say_it(
    ancestors: tuple[str, ...], named: str, frame_options: str | None
) -> None:
    headers = headers_for(ancestors)
    assert headers["Content-Security-Policy"] == policy_for(ancestors)
    assert policy_for(ancestors).split("; ")[-1] == f"frame-ancestors {named}"
    assert headers.get("X-Frame-Options") == frame_options


def test_nothing_but_the_frames_follows_the_setting() -> None:
    without, with_one = policy_for(()), policy_for(("https://wiki.example.org",))
    assert without.rpartition("; ")[0] == with_one.rpartition("; ")[0]
