"""A small file that is read again when its content has changed."""

import os
from pathlib import Path

import pytest

from agent_status_gateway.access.watched_file import MAX_BYTES, FileError, WatchedFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.write_bytes(b"wall: one\n")
    return path


@pytest.fixture
def file(path: Path) -> WatchedFile:
    """The file, whose content has been read once."""
    file = WatchedFile(path)
    assert file.read() == b"wall: one\n"
    return file


# watched_file: Rule 1
def test_a_content_of_equal_size_time_and_inode_is_a_change(file: WatchedFile, path: Path) -> None:
    before = path.stat()
    path.write_bytes(b"wall: two\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert [file.changed(), file.changed(), file.changed()] == [None, b"wall: two\n", None]


# watched_file: Rule 1
def test_a_file_that_is_written_again_with_the_same_content_has_not_changed(file: WatchedFile, path: Path) -> None:
    path.write_bytes(b"wall: one\n")
    assert [file.changed(), file.changed()] == [None, None]


# watched_file: Rule 2
def test_what_is_half_written_is_not_taken(file: WatchedFile, path: Path) -> None:
    seen = []
    for content in (b"", b"wall: tw", b"wall: two\nphone", b"wall: two\nphone: three\n"):
        path.write_bytes(content)
        seen.append(file.changed())
    assert seen == [None] * 4
    assert file.changed() == b"wall: two\nphone: three\n"


# watched_file: Rule 2
def test_a_change_that_is_taken_back_at_once_was_none(file: WatchedFile, path: Path) -> None:
    path.write_bytes(b"wall: two\n")
    assert file.changed() is None
    path.write_bytes(b"wall: one\n")
    assert [file.changed(), file.changed()] == [None, None]


# watched_file: Rule 2
def test_a_file_that_is_gone_is_reported_once_and_its_return_is_a_change(file: WatchedFile, path: Path) -> None:
    path.unlink()
    assert file.changed() is None
    with pytest.raises(FileError, match="keys cannot be read: No such file"):
        file.changed()
    assert file.changed() is None
    path.write_bytes(b"wall: one\n")
    assert [file.changed(), file.changed()] == [None, b"wall: one\n"]


# watched_file: Rule 3
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_at_once_without_a_writer_and_with_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileError, match="pipe must be a regular file"):
        WatchedFile(pipe).read()
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(pipe, os.O_WRONLY)
    try:
        with pytest.raises(FileError, match="pipe must be a regular file"):
            WatchedFile(pipe).read()
    finally:
        os.close(writer)
        os.close(reader)


# watched_file: Rule 3
@pytest.mark.parametrize("path", [Path("/dev/zero"), Path("/")], ids=["an endless device", "a folder"])
def test_what_is_not_a_regular_file_is_refused(path: Path) -> None:
    with pytest.raises(FileError, match="must be a regular file"):
        WatchedFile(path).read()


# watched_file: Rule 3
def test_a_file_may_have_a_mebibyte_and_not_a_byte_more(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"#" * MAX_BYTES)
    assert len(WatchedFile(path).read()) == MAX_BYTES
    with path.open("ab") as file:
        file.truncate(100 * MAX_BYTES)
    with pytest.raises(FileError, match=f"must be at most {MAX_BYTES} bytes"):
        WatchedFile(path).read()


def test_a_link_leads_to_the_file_that_it_names_now(tmp_path: Path) -> None:
    """A mounted secret changes by its link."""
    for name in ("one", "two"):
        (tmp_path / name).write_text(name)
    link = tmp_path / "link"
    link.symlink_to("one")
    file = WatchedFile(link)
    assert file.read() == b"one"
    link.unlink()
    link.symlink_to("two")
    assert [file.changed(), file.changed()] == [None, b"two"]


@pytest.mark.parametrize(("mode", "is_writable"), [(0o600, False), (0o664, False), (0o666, True), (0o602, True)])
def test_it_is_seen_that_every_user_may_write(path: Path, mode: int, *, is_writable: bool) -> None:
    path.chmod(mode)
    file = WatchedFile(path)
    file.read()
    assert file.is_world_writable is is_writable


def test_no_descriptor_stays_open(file: WatchedFile) -> None:
    def descriptors() -> int:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - numbers, not paths

    before = descriptors()
    for _ in range(20):
        file.changed()
    assert descriptors() == before
