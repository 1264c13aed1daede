"""Secrets that are in files. They are read for each message, so that they can be changed without a restart."""

from pathlib import Path

from agent_status_gateway.cli.notify.targets.sent import TargetError
from agent_status_gateway.cli.reading.address import web_fault
from agent_status_gateway.cli.reading.given_file import GivenFileError, read_given_file


def read_secret(path: Path, field: str) -> str:
    """Read a file that has one secret in one line.

    Raises:
        TargetError: It cannot be read, or has no secret. What it has is not said.
    """
    try:
        text = read_given_file(path, encoding="ascii", is_read_again=True).strip()
    except GivenFileError as error:
        raise TargetError(f"{field}: {error}") from None
    if not text or any(character.isspace() or not character.isprintable() for character in text):
        raise TargetError(f"{field}: {path} must have one line, and no spaces in it")
    return text


def read_url(path: Path, field: str) -> str:
    """Read a file that has an address.

    Raises:
        TargetError: It cannot be read, or has no address of the web.
    """
    url = read_secret(path, field)
    if (fault := web_fault(url)) is not None:
        raise TargetError(f"{field}: {path} must have an address such as https://hooks.example.org/…: it {fault}")
    return url
