"""Secrets that are in files. They are read for each message, so that they can be changed without a restart."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from agent_status_gateway.cli.notify.targets.sent import TargetError

MOST_BYTES: Final = 65_536


def read_secret(path: Path, field: str) -> str:
    """Read a file that has one secret in one line.

    Raises:
        TargetError: It cannot be read, or has no secret. What it has is not said.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES).decode("ascii").strip()
    except OSError as error:
        raise TargetError(f"{field}: {path}: {error.strerror or type(error).__name__}") from None
    except UnicodeDecodeError:
        raise TargetError(f"{field}: {path} must have ASCII characters only") from None
    if not text or any(character.isspace() or not character.isprintable() for character in text):
        raise TargetError(f"{field}: {path} must have one line, and no spaces in it")
    return text


def read_url(path: Path, field: str) -> str:
    """Read a file that has an address.

    Raises:
        TargetError: It cannot be read, or has no address of the web.
    """
    url = read_secret(path, field)
    try:
        parts = urlsplit(url)
        is_on_the_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_on_the_web = False
    if not is_on_the_web:
        raise TargetError(f"{field}: {path} must have an address such as https://hooks.example.org/…")
    return url
