"""Pure: where messages go, as a rule file says it. Secrets are in files, which are read when they are needed."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


def _nameable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not have the character U+0000, which no file or argument can have")
    return text


def _path(given: object) -> Path:
    if not isinstance(given, str) or not given:
        raise ValueError("must be the path of a file")
    return Path(_nameable(given))


Argument = Annotated[str, AfterValidator(_nameable)]
FilePath = Annotated[Path, BeforeValidator(_path)]


class _Target(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WebhookTarget(_Target):
    """Program that takes messages as Standard Webhooks.

    Attributes:
        url_file: File that has the address.
        secret_file: File that has the secret for signatures, `whsec_` and base64.
    """

    kind: Literal["webhook"]
    url_file: FilePath
    secret_file: FilePath


class SlackTarget(_Target):
    """Channel of Slack, or of what takes the same messages; the address of its incoming webhook is a secret."""

    kind: Literal["slack"]
    url_file: FilePath


class NtfyTarget(_Target):
    """Topic of ntfy, whose name is a secret.

    Attributes:
        url_file: File that has the address of the topic, such as `https://ntfy.example.org/topic`.
        token_file: File that has an access token; None without one.
    """

    kind: Literal["ntfy"]
    url_file: FilePath
    token_file: FilePath | None = None


class CommandTarget(_Target):
    """Program of this machine, which is started without a shell, and reads a message as JSON.

    Attributes:
        command: The program and its arguments.
    """

    kind: Literal["command"]
    command: tuple[Argument, ...] = Field(min_length=1)


Target = Annotated[WebhookTarget | SlackTarget | NtfyTarget | CommandTarget, Field(discriminator="kind")]
KINDS: Final = ("slack", "ntfy", "webhook", "command")
