"""Pure: a file of rules as a value, or a sentence that says which field is wrong and what would be right."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from agent_status_gateway.cli.notify.rules.quiet_hours import EXAMPLE, QuietHours
from agent_status_gateway.cli.notify.rules.rule import Rule
from agent_status_gateway.cli.notify.rules.target import KINDS, Target
from agent_status_gateway.cli.notify.rules.toml_text import TomlError, parse_toml
from agent_status_gateway.cli.notify.rules.when import WHATS
from agent_status_gateway.cli.reading.address import web_fault
from agent_status_gateway.state.views.query import one_of

MOST_RULES: Final = 100
_EXPECTED: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a field that is known here",
    "time_type": "must be a time of day such as '22:00'",
    "tuple_type": "must be a list",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "too_short": "must not be empty",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "union_tag_not_found": f"must have a `kind`: {one_of(KINDS)}",
    "union_tag_invalid": f"`kind` must be {one_of(KINDS)}",
}
"""Words on a field, by the kind of the problem, where the library's own words say too little."""


class RuleFileError(ValueError):
    """One or more wrong fields. The message names each, and says what would be right."""


def _zone(name: object) -> object:
    if not isinstance(name, str):
        raise ValueError("must be the name of a time zone such as 'Europe/Berlin'")  # noqa: TRY004 - of a field
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError(f"{name!r} is not a time zone such as 'Europe/Berlin'") from None


class RuleFile(BaseModel):
    """Everything that a notifier is told.

    Attributes:
        rules: The rules, in the order of the file.
        targets: The targets by name.
        page_url: The address of the page, for links to sessions; empty without links.
        timezone: The zone of the quiet hours; None is that of this machine.
        quiet_hours: Hours in which messages are held; None without any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)

    rules: tuple[Rule, ...] = Field(alias="rule", min_length=1, max_length=MOST_RULES)
    targets: dict[str, Target] = Field(alias="target")
    page_url: str = ""
    timezone: Annotated[ZoneInfo | None, BeforeValidator(_zone)] = None
    quiet_hours: QuietHours | None = None

    @field_validator("page_url")
    @classmethod
    def _page_is_on_the_web(cls, url: str) -> str:
        fault = web_fault(url)
        if fault is None and any(character in url for character in "@?#"):
            fault = "must not have a user, a query or a fragment"
        if url and fault is not None:
            raise ValueError(f"must be an address of the page such as 'https://status.example.org/': it {fault}")
        return url

    @model_validator(mode="after")
    def _targets_are_there(self) -> Self:
        for number, rule in enumerate(self.rules, 1):
            for name in rule.to:
                if name not in self.targets:
                    raise ValueError(f"rule {number}: `to`: there is no [target.{name}]")
        return self


def parse_rule_file(text: str) -> RuleFile:
    """Parse a file of rules.

    Raises:
        RuleFileError: It is not TOML within limits, or a field is wrong.
    """
    try:
        return RuleFile.model_validate(parse_toml(text))
    except TomlError as error:
        raise RuleFileError(str(error)) from None
    except ValidationError as error:
        raise RuleFileError("; ".join(dict.fromkeys(map(_described, _causes(error.errors()))))) from None


def _causes(problems: Sequence[Any]) -> list[Any]:
    """Leave out that a list is too short because something in it is wrong."""
    outer = {problem["loc"][:size] for problem in problems for size in range(len(problem["loc"]))}
    return [problem for problem in problems if problem["type"] != "too_short" or problem["loc"] not in outer]


def _described(problem: Any) -> str:
    """Say one problem in a sentence. What a field was given is not said: it may be a secret in the wrong place."""
    place, kind = list(problem["loc"]), problem["type"]
    said = _EXPECTED.get(kind)
    if said is None:
        message = str(problem["msg"]).removeprefix("Value error, ")
        message = message.replace("Input should", "must").replace("must be a valid", "must be a")
        said = f"must be {one_of(WHATS)}" if place[-1:] == ["state"] else f"{message[:1].lower()}{message[1:]}"
    if place == ["quiet_hours"] and kind != "extra_forbidden":
        said = f"must be a table such as {EXAMPLE}"
    return f"{_named(place)}: {said}" if place else said


def _named(place: list[str | int]) -> str:
    """Name a place as the file does: `rule 2: when.state`, `target.ops: url_file`."""
    match place:
        case ["rule", int(number), *rest]:
            head = f"rule {number + 1}"
        case ["target", str(name), *rest]:
            head = f"target.{name}"
            rest = rest[1:] if rest and rest[0] in KINDS else rest  # the library names the kind of the target
        case _:
            head, rest = "", place
    return ": ".join(filter(None, [head, ".".join(map(str, rest))]))
