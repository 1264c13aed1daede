"""A small text file that a person has named."""

import os
import threading
from pathlib import Path

import pytest

from agent_status_gateway.cli.reading.given_file import GivenFileError, read_given_file


def test_a_file_of_as_many_bytes_as_may_be_is_read_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("é" * 4)
    assert read_given_file(file, 8) == "é" * 4


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"x" * 9, "must be at most 8 bytes"),
        (b"\xff", "must have ASCII characters only"),
    ],
)
def test_a_file_that_cannot_be_taken_is_named_and_what_is_in_it_is_not(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "file"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GivenFileError) as raised:
        read_given_file(file, 8, "ascii")
    assert str(raised.value) == f"{file} {sentence}"


def test_a_name_with_the_character_zero_is_refused_with_a_sentence() -> None:
    with pytest.raises(GivenFileError, match=r"must not have the character U\+0000"):
        read_given_file(Path("a\0b"))


def test_a_pipe_is_read_as_of_a_shell_that_passes_a_secret(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("hush\n",))
    writer.start()
    assert read_given_file(pipe) == "hush\n"
    writer.join()


def test_a_pipe_is_refused_where_the_file_is_read_again(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(GivenFileError, match="must not be a pipe: it is read again each time"):
        read_given_file(pipe, is_read_again=True)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_a_file_without_an_end_is_not_read_for_ever() -> None:
    with pytest.raises(GivenFileError, match="must be at most 65,536 bytes"):
        read_given_file(Path("/dev/zero"))
