"""The file that has Redis's password."""

import os
from pathlib import Path

import pytest

from agent_status_publisher.contract.password_file import (
    MAX_PASSWORD_BYTES,
    PasswordFileError,
    read_credentials,
    read_password,
    split_user,
)

SECRET = "geheim"


@pytest.mark.parametrize("written", [b"geheim", b"geheim\n", b"geheim\r\n"])
def test_the_password_is_the_file_without_its_line_end(tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(written)
    assert read_password(file) == SECRET
    assert read_credentials(file, "") == (SECRET,)
    assert read_credentials(file, "worker") == ("worker", SECRET)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff", "is not UTF-8"),
        (b"x" * (MAX_PASSWORD_BYTES + 1), "must not be larger than 65536 bytes"),
    ],
)
def test_a_file_without_a_password_is_refused_by_name_and_reason(
    tmp_path: Path, written: bytes | None, expected: str
) -> None:
    file = tmp_path / "password"
    if written is not None:
        file.write_bytes(written)
    with pytest.raises(PasswordFileError) as refused:
        read_password(file)
    assert str(refused.value).startswith(f"REDIS_PASSWORD_FILE: {file} ")
    assert expected in str(refused.value)


def test_a_fifo_which_would_block_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "password")
    with pytest.raises(PasswordFileError, match="is not a regular file"):
        read_password(tmp_path / "password")


@pytest.mark.parametrize(
    ("url", "without", "user"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0", ""),
        ("rediss://w%40x@[::1]:6380/1?protocol=3", "rediss://[::1]:6380/1?protocol=3", "w@x"),
        ("unix://worker@/run/redis.sock", "unix:///run/redis.sock", "worker"),
    ],
)
def test_the_user_of_a_url_is_kept_apart(url: str, without: str, user: str) -> None:
    assert split_user(url) == (without, user)


@pytest.mark.parametrize("url", ["redis://user:geheim@host", "redis://:geheim@host", "redis://host?password=geheim"])
def test_a_url_with_a_password_beside_the_file_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(PasswordFileError, match="give only one") as refused:
        split_user(url)
    assert SECRET not in str(refused.value)
