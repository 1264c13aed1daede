"""Options that several commands share, and options that are settings."""

from collections.abc import Callable
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args

import typer
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from agent_status_gateway.settings import RedisSettings, Settings
from agent_status_publisher.contract.setting_names import API_KEY, GATEWAY_URL

Command = TypeVar("Command", bound=Callable[..., None])

DEFAULT_URL: Final = "http://localhost:8000"

Url = Annotated[str, typer.Option(help="Address of the gateway.", envvar=GATEWAY_URL)]
KeyFile = Annotated[Path | None, typer.Option(help=f"File that contains the key. [default: ${API_KEY}]")]
Filter = Annotated[
    str,
    typer.Option(
        "--filter",
        help="Show only sessions with all these words in their key, channel, name, state, tool or error; with --view, "
        "those of the view. The figures stay the same.",
    ),
]
AskedView = Annotated[
    str | None,
    typer.Option(
        "--view",
        help="Ask the gateway for these sessions only, by channel, state, session, parent or label, such as "
        "'channel=web&state=waiting_for_user'. All figures are theirs. `show` and `watch` also take "
        "stalled=SECONDS and ended=SECONDS. [default: all sessions]",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print snapshots as JSON, one per line.")]


def setting(name: str) -> Any:
    """Option for one of a replica's settings. Without it, the environment applies, and then the default."""
    return _option(Settings.model_fields[name], name)


def takes_settings(settings: type[RedisSettings], prefix: str = "") -> Callable[[Command], Command]:
    """Decorator that replaces a command's `**given` by an option for each setting. Keys are never options.

    Args:
        settings: The settings. A field's type and description become the option's.
        prefix: The part of a field's name that the option leaves out.
    """
    fields = {name: field for name, field in settings.model_fields.items() if SecretStr not in _types(field.annotation)}
    options = [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[_option_type(field) | None, _option(field, name.removeprefix(prefix))],
        )
        for name, field in fields.items()
    ]

    def decorate(command: Command) -> Command:
        parameters = signature(command).parameters.values()
        others = [one for one in parameters if one.kind is not Parameter.VAR_KEYWORD]
        first = [one for one in others if one.kind is not Parameter.KEYWORD_ONLY]
        last = [one for one in others if one.kind is Parameter.KEYWORD_ONLY]
        command.__signature__ = Signature([*first, *options, *last])  # type: ignore[attr-defined]
        return command

    return decorate


def _option(field: FieldInfo, name: str) -> Any:
    if isinstance(field.default, tuple):
        default = ",".join(field.default) or "none"
    else:
        default = "none" if field.default is None else "off" if field.default is False else field.default
    return typer.Option(f"--{name.replace('_', '-')}", help=f"{field.description} [default: {default}]")


def _option_type(field: FieldInfo) -> Any:
    """Flag, number or path where the setting is one. Everything else is text, which the settings parse."""
    types = _types(field.annotation)
    return next((kind for kind in (bool, int, float, Path) if kind in types), str)


def _types(annotation: Any) -> set[Any]:
    """A setting's type, and for a union the types in it."""
    return set(get_args(annotation)) or {annotation}
