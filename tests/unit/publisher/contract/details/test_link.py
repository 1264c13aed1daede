"""The link of a session."""

import pytest

from agent_status_publisher.contract.details.link import check_link


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com",
        "HTTP://example.com:8080/a/b?c=d&e=%20#f",
        "http://localhost:3000",
        "https://[::1]:443/x",
        "https://bücher.example/ü?q=a@b",
        "https://example.com?x",
        "https://example.com/" + "x" * 1980,
    ],
)
def test_a_link_is_an_address_of_the_web(link: str) -> None:
    assert check_link(link) is link


@pytest.mark.parametrize(
    "link",
    [
        "",
        "example.com",
        "//example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.com/",
        "https:example.com",
        "https://",
        "https:///path",
        "https://:80/",
        "https://?x",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://github.com@evil.example/",
        "https://evil.example\\@github.com/",
        "https://example.com:x/",
        "https://example.com:123456/",
        "https://[::1/",
        " https://example.com/",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://example.com/\u00a0",
        "https://example.com/\u202e",
        "https://example.com/\ud800",
        "https://exa\tmple.com/",
        "https://example.com/" + "x" * 1981,
    ],
)
def test_anything_else_is_refused_with_what_would_be_right(link: str) -> None:
    with pytest.raises(ValueError, match="http or https URL with a host and without a user name, of at most 2,000"):
        check_link(link)
