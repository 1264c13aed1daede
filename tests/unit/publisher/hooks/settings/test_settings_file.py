"""The settings file on a disk."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from agent_status_publisher.hooks.settings import settings_file
from agent_status_publisher.hooks.settings.entries import SettingsFileError
from agent_status_publisher.hooks.settings.settings_file import read, replace

ANN = 61234
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read_and_nothing_else_is_left(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "settings.json"
    assert read(file) == ""
    replace(file, "ü\r\n")
    assert read(file) == "ü\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert names(file.parent) == ["settings.json"]


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_mode_is_kept(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "settings.json"
    file.write_text("old")
    file.chmod(mode)
    replace(file, "new")
    assert stat.S_IMODE(file.stat().st_mode) == mode


@needs_root
def test_root_keeps_another_users_file_that_users(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("old")
    os.chown(file, ANN, ANN + 1)
    file.chmod(0o640)
    replace(file, "new")
    assert (file.stat().st_uid, file.stat().st_gid, stat.S_IMODE(file.stat().st_mode)) == (ANN, ANN + 1, 0o640)


@needs_root
def test_a_new_file_of_root_in_another_users_home_is_that_users(tmp_path: Path) -> None:
    os.chown(tmp_path, ANN, ANN + 1)
    file = tmp_path / ".claude" / "settings.json"
    replace(file, "new")
    for path in (file, file.parent):
        assert (path.stat().st_uid, path.stat().st_gid) == (ANN, ANN + 1)


def test_a_file_whose_owner_cannot_be_kept_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "no")

    file = tmp_path / "settings.json"
    file.write_text("old")
    other = os.stat_result([0o100600, 0, 0, 1, ANN, ANN, 3, 0, 0, 0])
    monkeypatch.setattr(os, "chown", refuse)
    monkeypatch.setattr(settings_file, "_make_folder", lambda _: other)
    monkeypatch.setattr(Path, "exists", lambda _: False)
    with pytest.raises(SettingsFileError, match="as its owner"):
        replace(file, "new")
    assert file.read_text() == "old"
    assert names(tmp_path) == ["settings.json"]


def test_no_room_leaves_the_file_as_it_was_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text("old")
    write = (
        "import resource, sys; from pathlib import Path; "
        "from agent_status_publisher.hooks.settings.settings_file import replace; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); "
        "replace(Path(sys.argv[1]), 'x' * 1000)"
    )
    done = subprocess.run([sys.executable, "-c", write, str(file)], capture_output=True, check=False, timeout=60)
    assert b"File too large" in done.stderr
    assert file.read_text() == "old"
    assert names(tmp_path) == ["settings.json"]


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "claude.json"
    real.parent.mkdir()
    link = tmp_path / "settings.json"
    link.symlink_to(Path("dotfiles", "claude.json"))
    assert read(link) == ""
    for text in ("first", "second"):
        replace(link, text)
        assert link.is_symlink()
        assert (real.read_text(), read(link)) == (text, text)


def test_links_in_a_circle_are_an_error_of_the_system(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.symlink_to(two)
    two.symlink_to(one)
    with pytest.raises(OSError, match="symbolic links"):
        read(one)


@pytest.mark.parametrize("text", ['{"name": "Jörg"}'.encode("latin-1"), '{"a": 1}'.encode("utf-16")])
def test_another_encoding_is_refused_with_a_sentence(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "settings.json"
    file.write_bytes(text)
    with pytest.raises(SettingsFileError, match="save it as UTF-8"):
        read(file)


def test_a_pipe_a_folder_and_a_very_large_file_are_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(SettingsFileError, match="not a regular file"):
            read(tmp_path / name)
    large = tmp_path / "large"
    large.touch()
    os.truncate(large, settings_file.MAX_BYTES + 1)
    with pytest.raises(SettingsFileError, match="larger than 16 MiB"):
        read(large)
