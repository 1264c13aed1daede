"""Names of environment variables: those that were renamed, the key's two names, and Kubernetes' service links."""

import pytest

from agent_status_publisher import ConfigurationError, StatusPublisher
from agent_status_publisher.contract.setting_names import api_key, is_service_address, is_service_link, renamed


# setting_names: Rule 1
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"AGENT_STATUS_API_KEY": "new"}, "new"),
        ({"POCKETPAW_STATUS_API_KEY": "old"}, "old"),
        ({"AGENT_STATUS_API_KEY": "same", "POCKETPAW_STATUS_API_KEY": "same"}, "same"),
        ({"AGENT_STATUS_API_KEY": "", "POCKETPAW_STATUS_API_KEY": "old"}, "old"),
        ({"AGENT_STATUS_API_KEY": "new\n"}, "new"),
    ],
)
def test_the_key_has_two_names_and_empty_is_unset(environment: dict[str, str], expected: str | None) -> None:
    assert api_key(environment) == expected


# setting_names: Rule 1
def test_two_different_keys_are_an_error_that_has_both_names_and_neither_key() -> None:
    with pytest.raises(ValueError, match="AGENT_STATUS_API_KEY and POCKETPAW_STATUS_API_KEY") as caught:
        api_key({"AGENT_STATUS_API_KEY": "geheim", "POCKETPAW_STATUS_API_KEY": "hush"})
    assert "geheim" not in str(caught.value)
    assert "hush" not in str(caught.value)


# setting_names: Rule 2
def test_a_warning_names_the_new_name_of_each_variable_with_the_old_prefix() -> None:
    environment = {"POCKETPAW_STATUS_PORT": "1", "POCKETPAW_STATUS_API_KEY": "k", "POCKETPAW_STATUS_HOST": "", "X": "1"}
    assert renamed(environment) == ["POCKETPAW_STATUS_PORT is not read: renamed to AGENT_STATUS_PORT"]


# setting_names: Rule 3
@pytest.mark.parametrize(
    "name",
    [
        *("AGENT_STATUS_PORT", "AGENT_STATUS_SERVICE_HOST", "AGENT_STATUS_SERVICE_PORT_HTTP"),
        *("AGENT_STATUS_PORT_80_TCP_ADDR", "AGENT_STATUS_GATEWAY_PORT", "AGENT_STATUS_GATEWAY_SERVICE_PORT"),
    ],
)
def test_a_service_link_of_kubernetes_is_known_as_one(name: str) -> None:
    assert is_service_link(name)


@pytest.mark.parametrize(
    "name", ["AGENT_STATUS_HOST", "AGENT_STATUS_PROT", "AGENT_STATUS_SERVICE", "X_AGENT_STATUS_PORT"][:]
)
def test_nothing_else_is_a_service_link(name: str) -> None:
    assert not is_service_link(name)


def test_an_address_of_a_service_is_distinguished_from_a_port() -> None:
    assert is_service_address("tcp://10.0.0.1:80")
    assert not is_service_address("8000")
    assert not is_service_address(8000)


def test_a_publisher_warns_once_of_each_renamed_variable_and_does_not_read_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKETPAW_STATUS_NAMESPACE", "old")
    errors: list[Exception] = []
    publisher = StatusPublisher("redis://localhost", on_error=errors.append)
    assert "namespace='default'" in repr(publisher)
    assert [type(error) for error in errors] == [ConfigurationError]
    assert str(errors[0]) == "POCKETPAW_STATUS_NAMESPACE is not read: renamed to AGENT_STATUS_NAMESPACE"
