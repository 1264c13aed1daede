"""The file of rules: what is taken, and which sentence a wrong one gets."""

import pytest

from agent_status_gateway.cli.notify.rules.rule_file import RuleFileError, parse_rule_file
from agent_status_gateway.cli.notify.rules.target import CommandTarget, NtfyTarget, SlackTarget, WebhookTarget

WHOLE = """
page_url = "https://status.example.org/"
timezone = "Europe/Berlin"
quiet_hours = { from = "22:00", to = "07:00" }

[[rule]]
when = { state = "waiting_for_user", for_seconds = 60 }
view = "label=team:web"
to = ["ops", "phone"]

[[rule]]
when = { state = "ended", outcome = ["failed", "lost"] }
to = ["hook", "own"]
group_seconds = 0
with_title = true
quiet_hours = false

[target.ops]
kind = "slack"
url_file = "/run/secrets/slack"
[target.phone]
kind = "ntfy"
url_file = "/run/secrets/topic"
token_file = "/run/secrets/token"
[target.hook]
kind = "webhook"
url_file = "/run/secrets/url"
secret_file = "/run/secrets/webhook"
[target.own]
kind = "command"
command = ["/usr/local/bin/page-me", "--loud"]
"""


def test_a_whole_file_is_taken_as_it_is_written() -> None:
    written = parse_rule_file(WHOLE)
    first, second = written.rules
    assert (first.when.state, first.when.for_seconds, first.to) == ("waiting_for_user", 60, ("ops", "phone"))
    assert first.view.label == {"team:web"}
    assert (first.group_seconds, first.with_title, first.quiet_hours) == (5, False, True)
    assert (second.when.outcome, second.group_seconds) == (("failed", "lost"), 0)
    assert (second.with_title, second.quiet_hours) == (True, False)
    kinds = {name: type(target) for name, target in written.targets.items()}
    assert kinds == {"ops": SlackTarget, "phone": NtfyTarget, "hook": WebhookTarget, "own": CommandTarget}
    assert str(written.timezone) == "Europe/Berlin"
    assert written.page_url == "https://status.example.org/"


@pytest.mark.parametrize(
    ("written", "wrong", "sentence"),
    [
        ('"waiting_for_user"', '"waiting"', "rule 1: when.state: must be 'thinking', 'tool_running', 'streaming', "),
        ("for_seconds = 60", 'for_seconds = "a"', "rule 1: when.for_seconds: must be a number"),
        ("for_seconds = 60", "for_seconds = -1", "rule 1: when.for_seconds: must be greater than or equal to 0"),
        ("for_seconds = 60", "for_secs = 60", "rule 1: when.for_secs: is not a field that is known here"),
        (
            "for_seconds = 60",
            'outcome = ["lost"]',
            "rule 1: when: `outcome` must be left out, unless `state` is 'ended'",
        ),
        ('outcome = ["failed", "lost"]', "for_seconds = 5", "rule 2: when: `for_seconds` must be left out"),
        ('["ops", "phone"]', '["opz"]', "rule 1: `to`: there is no [target.opz]"),
        ('["ops", "phone"]', '"ops"', "rule 1: to: must be a list"),
        ('["ops", "phone"]', "[]", "rule 1: to: must not be empty"),
        ("label=team:web", "chanel=web", "rule 1: view: 'chanel' is not a field; expected 'channel', "),
        ("label=team:web", "state=sleeping", "rule 1: view: `state` must be 'thinking', "),
        ('kind = "slack"', 'kind = "slak"', "target.ops: `kind` must be 'slack', 'ntfy', 'webhook' or 'command'"),
        ('kind = "slack"', "", "target.ops: must have a `kind`: 'slack', "),
        ('url_file = "/run/secrets/slack"', "", "target.ops: url_file: is missing"),
        ('url_file = "/run/secrets/slack"', 'url = "https://x"', "target.ops: url: is not a field that is known here"),
        ('command = ["/usr/local/bin/page-me", "--loud"]', "command = []", "target.own: command: must not be empty"),
        ('"22:00"', '"25:00"', "quiet_hours.from: must be a time of day such as '22:00'"),
        (
            '{ from = "22:00", to = "07:00" }',
            "22",
            'quiet_hours: must be a table such as { from = "22:00", to = "07:00" }',
        ),
        ("Europe/Berlin", "Mars/Olympus", "timezone: 'Mars/Olympus' is not a time zone such as 'Europe/Berlin'"),
        ("https://status.example.org/", "ftp://x/", "page_url: must be an address of the page such as "),
        ("https://status.example.org/", "https://x:99999/", "it must have a port between 1 and 65535"),
        ("https://status.example.org/", "https://me:hush@x/", "it must not have a user, a query or a fragment"),
        ("https://status.example.org/", "https://x/?", "it must not have a user, a query or a fragment"),
        ("https://status.example.org/", "https://x/ y", "it must not have spaces or control characters"),
        ("[[rule]]", "[[ruel]]", "rule: is missing"),
        ("[[rule]]", "[[rule", "not TOML: "),
        ("for_seconds = 60", f"for_seconds = {'6' * 5000}", "a number in it has too many digits"),
    ],
)
def test_a_wrong_field_is_named_with_what_would_be_right(written: str, wrong: str, sentence: str) -> None:
    with pytest.raises(RuleFileError) as raised:
        parse_rule_file(WHOLE.replace(written, wrong))
    assert sentence in str(raised.value)


def said_of(text: str) -> str:
    """What is said of a file; nothing if it is taken."""
    try:
        parse_rule_file(text)
    except RuleFileError as error:
        return str(error)
    return ""


OF_EACH_TYPE = {
    "string": '"60"',
    "boolean": "true",
    "integer": "1",
    "float": "1.5",
    "list": "[[]]",
    "table": "{ a = 1 }",
    "date": "2026-01-01",
    "time": "10:00:00",
}


@pytest.mark.parametrize(
    ("written", "field", "takes", "sentence"),
    [
        ("for_seconds = 60", "for_seconds = ", {"integer", "float"}, "rule 1: when.for_seconds: must be a number"),
        ("group_seconds = 0", "group_seconds = ", {"integer", "float"}, "rule 2: group_seconds: must be a number"),
        ("with_title = true", "with_title = ", {"boolean"}, "rule 2: with_title: must be true or false"),
        ("quiet_hours = false", "quiet_hours = ", {"boolean"}, "rule 2: quiet_hours: must be true or false"),
        ('"label=team:web"', "", {"string"}, "rule 1: view: must be a string such as 'channel=web&"),
        ('["ops", "phone"]', "", {"list"}, "rule 1: to: must be a list"),
        ('["failed", "lost"]', "", {"list"}, "rule 2: when.outcome: must be a list"),
        ('page_url = "https://status.example.org/"', "page_url = ", {"string"}, "page_url: must be a string"),
        ('"Europe/Berlin"', "", {"string"}, "timezone: must be the name of a time zone such as 'Europe/Berlin'"),
        ('"22:00"', "", {"time"}, "quiet_hours.from: must be a time of day such as '22:00'"),
        ('url_file = "/run/secrets/slack"', "url_file = ", {"string"}, "target.ops: url_file: must be the path of a"),
        ('"/run/secrets/token"', "", {"string"}, "target.phone: token_file: must be the path of a file"),
        ('["/usr/local/bin/page-me", "--loud"]', "", {"list"}, "target.own: command: must be a list"),
    ],
)
def test_a_field_takes_values_of_its_own_type_only(written: str, field: str, takes: set[str], sentence: str) -> None:
    """Only the type counts here: a value of the right type may be wrong for another reason."""
    assert WHOLE.count(written) == 1
    said = {kind: said_of(WHOLE.replace(written, field + value)) for kind, value in OF_EACH_TYPE.items()}
    assert {kind for kind, text in said.items() if sentence not in text} == takes


def test_a_path_is_not_empty() -> None:
    with pytest.raises(RuleFileError, match="url_file: must be the path of a file"):
        parse_rule_file(WHOLE.replace('"/run/secrets/slack"', '""'))


def test_a_list_with_something_wrong_in_it_is_not_called_empty() -> None:
    with pytest.raises(RuleFileError) as raised:
        parse_rule_file(WHOLE.replace('["ops", "phone"]', "[1]"))
    assert str(raised.value) == "rule 1: to.0: must be a string"


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    secret = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ="
    for wrong in (f'url = "{secret}"', f'url_file = ["{secret}"]', f'kind = "{secret}"'):
        with pytest.raises(RuleFileError) as raised:
            parse_rule_file(WHOLE.replace('kind = "slack"\nurl_file = "/run/secrets/slack"', wrong))
        assert secret not in str(raised.value)
