"""What a key or a ticket allows: everything in it is understood, or it is an error."""

import pytest

from agent_status_gateway.access.keys.scopes import SCOPE_FIELDS, parse_scope, read_scope
from agent_status_gateway.state.views.query import WrongFieldError
from agent_status_gateway.state.views.view import WHOLE, View


def test_a_scope_is_a_view_without_states() -> None:
    assert SCOPE_FIELDS == ("channel", "session", "parent", "label")
    assert parse_scope([("channel", "web,ci"), ("session", "web:1"), ("session", "ci:2")]) == View(
        channel=frozenset({"web", "ci"}), session=frozenset({"web:1", "ci:2"})
    )
    assert parse_scope([]) == WHOLE


@pytest.mark.parametrize("name", ["state", "chanel", "Channel", "", "scope", "ticket"])
def test_a_name_that_is_not_a_scopes_is_an_error_and_not_ignored(name: str) -> None:
    with pytest.raises(WrongFieldError) as caught:
        parse_scope([("channel", "web"), (name, "thinking")])
    assert caught.value.expected == "'channel', 'session', 'parent' or 'label'"


def test_a_scope_that_is_spelled_as_a_query_is_the_same_again() -> None:
    scope = View(
        channel=frozenset({"web", "a&b=c", "ü %"}),
        session=frozenset({"web:1,2", "#:+"}),
        parent=frozenset({"ci:7"}),
        label=frozenset({"team:web", "empty:"}),
    )
    assert read_scope(scope.query()) == scope
    assert read_scope("session=web:1%2C2") == View(session=frozenset({"web:1,2"}))
    assert read_scope("label=a%3Ab&channel=w+eb") == View(channel=frozenset({"w eb"}), label=frozenset({"a:b"}))


@pytest.mark.parametrize(
    "text",
    [
        "channel",
        "channel=web&",
        "&channel=web",
        "=web",
        "channel=",
        "channel=web,",
        "channel=web%2Cci",
        "channel=ci&%63hannel=web%2c",
        "session=",
        "label=%FF",
        "state=error",
    ],
)
def test_a_text_that_is_not_a_scope_is_an_error(text: str) -> None:
    with pytest.raises(WrongFieldError):
        read_scope(text)
