"""The path and the headers of a request."""

import pytest

from agent_status_gateway.http.asking.request_head import header, path_below_root


def test_the_values_of_a_header_are_one_list() -> None:
    scope = {"headers": [(b"accept", b"a"), (b"host", b"h"), (b"accept", b"b")]}
    assert (header(scope, b"accept"), header(scope, b"origin")) == ("a, b", "")


@pytest.mark.parametrize(
    ("path", "root", "below"),
    [("/livez", "", "/livez"), ("/a/livez", "/a", "/livez"), ("/ab/livez", "/a", "/ab/livez"), ("/a", "/a", "/a")],
)
def test_the_path_is_that_below_the_prefix_under_which_the_app_is_mounted(path: str, root: str, below: str) -> None:
    assert path_below_root({"path": path, "root_path": root}) == below
