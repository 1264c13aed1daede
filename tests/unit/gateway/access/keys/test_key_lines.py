"""Lines of keys, with and without a scope."""

import pytest

from agent_status_gateway.access.keys.key_lines import Key, KeysError, parse_keys
from agent_status_gateway.state.views.view import View

WEB = View(channel=frozenset({"web"}))


def test_a_list_of_keys_has_a_name_and_a_key_on_each_line() -> None:
    assert parse_keys("# dashboards\nwall: a:b c\n\n  phone :other \r\n") == {
        "wall": Key("a:b c"),
        "phone": Key("other"),
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("wall geheim", 1),
        ("wall: a\n: geheim", 2),
        ("wall:", 1),
        ("a b: geheim", 1),
        ("a: x\na: geheim", 2),
    ],
)
def test_a_line_that_is_something_else_is_named_by_its_number_and_not_repeated(text: str, line: int) -> None:
    with pytest.raises(KeysError, match=f"line {line}:") as caught:
        parse_keys(text)
    assert "geheim" not in str(caught.value)


def test_a_scope_begins_at_the_first_later_word_with_an_equals_sign() -> None:
    keys = parse_keys("team: geheim channel=web,ci  \t label=team:web\nlink: a b c session=web:4%202 session=web:x+y\n")
    assert keys == {
        "team": Key("geheim", View(channel=frozenset({"web", "ci"}), label=frozenset({"team:web"}))),
        "link": Key("a b c", View(session=frozenset({"web:4 2", "web:x y"}))),
    }


@pytest.mark.parametrize("secret", ["Zm9vYmFyMQ==", "a=b", "=", "channel", "a  b", "a:b c", "x channel:web", "#x"])
def test_a_key_without_a_later_word_with_an_equals_sign_is_all_of_the_line_as_ever(secret: str) -> None:
    assert parse_keys(f"wall:  {secret} \n") == {"wall": Key(secret)}


@pytest.mark.parametrize(
    "rest", ["channel=web,ci", "session=", "label=a:b channel=web", "parent=ci%3A7", "state=error"]
)
def test_a_scope_without_a_key_is_not_taken_for_a_key_that_may_see_all(rest: str) -> None:
    with pytest.raises(KeysError, match=r"^line 2: the first word behind the name must be a key") as caught:
        parse_keys(f"wall: geheim\nteam:  {rest}\n")
    assert rest not in str(caught.value)


def test_a_key_that_is_base64_may_have_a_scope() -> None:
    assert parse_keys("wall: Zm9vYmFyMQ== channel=web") == {"wall": Key("Zm9vYmFyMQ==", WEB)}


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("chanel=web", "the name of each field must be 'channel', 'session', 'parent' or 'label'"),
        ("state=error", "the name of each field must be"),
        ("Channel=web", "the name of each field must be"),
        ("=web", "the name of each field must be"),
        ("channel=", "`channel` must be a channel"),
        ("channel=web,", "`channel` must be a channel"),
        ("channel=web%2Cci", "`channel` must be spelled without %2C"),
        ("session=", "`session` must be a session key"),
        ("label=team", "`label` must be a label"),
        ("parent=%00", "`parent` must be a session key"),
        ("channel=web # the web team", "the scope behind the key must be UTF-8"),
        ("channel=web ci", "the scope behind the key must be UTF-8"),
        ("channel = web", "the scope behind the key must be UTF-8"),
        ("label=%FF:x", "the scope behind the key must be UTF-8"),
        (f"channel={','.join(['c'] * 101)}", "at most 100 values"),
    ],
)
def test_a_scope_with_a_typo_refuses_the_list_and_names_the_line_without_repeating_it(scope: str, reason: str) -> None:
    with pytest.raises(KeysError, match=rf"^line 2: .*{reason}") as caught:
        parse_keys(f"wall: other\nteam: geheim {scope}\n")
    assert "geheim" not in str(caught.value)
    assert "chanel" not in str(caught.value)


def test_a_word_of_a_key_that_seems_to_be_a_field_is_not_repeated() -> None:
    with pytest.raises(KeysError) as caught:
        parse_keys("wall: my secret=pass\n")
    assert "secret" not in str(caught.value)
    assert "pass" not in str(caught.value)


def test_one_key_with_two_scopes_is_an_error_since_nobody_could_tell_which_counts() -> None:
    with pytest.raises(KeysError, match=r"^line 2: an earlier line has the same key with another scope"):
        parse_keys("wall: geheim\nteam: geheim channel=web\n")
    with pytest.raises(KeysError, match=r"^line 2: "):
        parse_keys("wall: geheim channel=web\nteam: geheim channel=ci\n")
    assert len(parse_keys("wall: geheim\nphone: geheim\n")) == 2
    assert len(parse_keys("wall: geheim channel=a,b\nphone: geheim channel=b channel=a\n")) == 2
