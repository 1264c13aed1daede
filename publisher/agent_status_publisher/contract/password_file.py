"""The file that has Redis's password, for a password that changes: it is read at each connect.

Before it come both sides' settings; after it their clients of redis-py. Errors name the setting and the file, and
repeat nothing that is in the file or the URL.
"""

import stat
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_PASSWORD_BYTES: Final = 64 * 1024
"""The largest password file. Tokens that managed Redis takes as passwords have a few thousand bytes."""


class PasswordFileError(ValueError):
    """The password cannot be read, or the URL has one, too. The message says what is expected."""


def read_password(path: Path) -> str:
    """Read the password: the whole file, without the line end.

    Raises:
        PasswordFileError: The file cannot be read, is not a regular one, is too large, empty, or not UTF-8.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a FIFO would block
            raise PasswordFileError(f"REDIS_PASSWORD_FILE: {path} is not a regular file")
        with path.open("rb") as file:
            content = file.read(MAX_PASSWORD_BYTES + 1)
    except OSError as error:
        raise PasswordFileError(f"REDIS_PASSWORD_FILE: {path} cannot be read: {error.strerror}") from None
    if len(content) > MAX_PASSWORD_BYTES:
        raise PasswordFileError(f"REDIS_PASSWORD_FILE: {path} must not be larger than {MAX_PASSWORD_BYTES} bytes")
    try:
        password = content.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise PasswordFileError(f"REDIS_PASSWORD_FILE: {path} is not UTF-8") from None
    if not password:
        raise PasswordFileError(f"REDIS_PASSWORD_FILE: {path} is empty")
    return password


def read_credentials(path: Path, username: str) -> tuple[str] | tuple[str, str]:
    """The credentials as redis-py's credential providers return them: the password alone, or a user before it.

    Raises:
        PasswordFileError: As `read_password`.
    """
    password = read_password(path)
    return (username, password) if username else (password,)


def split_user(plain_url: str) -> tuple[str, str]:
    """Split a URL of one server into the URL without a user, and the user's name.

    Raises:
        PasswordFileError: The URL has a password, too.
    """
    parts = urlsplit(plain_url)
    user, at, _ = parts.netloc.rpartition("@")
    username, _, password = user.partition(":")
    if password or "password" in dict(parse_qsl(parts.query)):
        raise PasswordFileError("REDIS_PASSWORD_FILE: the URL of Redis has a password, too; give only one of them")
    return plain_url.replace(f"//{user}{at}", "//", 1), unquote(username)
