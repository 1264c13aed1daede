"""deploy/kubernetes as kubectl renders it: the rules that a base must keep. No cluster is asked."""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from agent_status_gateway.cli.notify.command_line import notify
from agent_status_gateway.dashboard import INDEX
from agent_status_gateway.main import create_app
from agent_status_gateway.settings import Settings, unknown_names
from agent_status_publisher.contract.setting_names import PREFIX
from chaos import need

ROOT: Final = Path(__file__).parents[2]
BASE: Final = ROOT / "deploy" / "kubernetes"
NAME: Final = "agent-status-gateway"
SERVER_END_SECONDS: Final = 2
"""After the drain: who takes nothing is cut off, and the server waits for what is still open."""


def kubectl(*arguments: str | Path, said: str | None = None) -> str:
    command = [need.program("kubectl"), *arguments]
    done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def manifests() -> dict[str, dict[str, Any]]:
    """By kind."""
    return by_kind(kubectl("kustomize", BASE))


def by_kind(rendered: str) -> dict[str, dict[str, Any]]:
    # An empty patch that never leaves this machine: kubectl is the YAML parser that there is.
    text = kubectl("patch", "--local", "-f", "-", "--type=merge", "-p", "{}", "-o", "json", said=rendered)
    decoder, found, at = json.JSONDecoder(), {}, 0
    while text[at:].strip():
        at += len(text[at:]) - len(text[at:].lstrip())
        manifest, at = decoder.raw_decode(text, at)
        assert manifest["kind"] not in found
        found[manifest["kind"]] = manifest
    return found


@pytest.fixture
def pod(manifests: dict[str, dict[str, Any]]) -> dict[str, Any]:
    template: dict[str, Any] = manifests["Deployment"]["spec"]["template"]["spec"]
    return template


@pytest.fixture
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (only,) = pod["containers"]
    found: dict[str, Any] = only
    return found


@pytest.fixture
def environment(container: dict[str, Any]) -> dict[str, str | None]:
    return {variable["name"]: variable.get("value") for variable in container["env"]}


def test_there_is_one_of_each_kind_and_all_have_one_name(manifests: dict[str, dict[str, Any]]) -> None:
    kinds = {"Deployment", "Service", "HTTPRoute", "PodDisruptionBudget", "HorizontalPodAutoscaler"}
    assert set(manifests) == kinds
    assert {manifest["metadata"]["name"] for manifest in manifests.values()} == {NAME}


def test_every_file_is_in_the_base() -> None:
    listed = set(re.findall(r"^  - (\S+\.yaml)$", (BASE / "kustomization.yaml").read_text("utf-8"), re.MULTILINE))
    assert listed == {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}


def test_each_selector_of_pods_selects_these(manifests: dict[str, dict[str, Any]]) -> None:
    labels = manifests["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert manifests["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["Service"]["spec"]["selector"] == labels
    assert manifests["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
    assert manifests["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == NAME
    assert "replicas" not in manifests["Deployment"]["spec"]


def test_probes_ask_the_loop_whether_it_lives_and_the_replica_whether_it_takes_clients(
    container: dict[str, Any],
) -> None:
    asked = {name: container[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}
    assert asked == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/healthz"}
    assert {container[name]["httpGet"]["port"] for name in asked} == {"http"}
    assert container["ports"] == [{"name": "http", "containerPort": Settings.model_fields["port"].default}]


def test_a_pod_has_time_to_be_forgotten_to_drain_and_to_end(
    pod: dict[str, Any], container: dict[str, Any], environment: dict[str, str | None]
) -> None:
    *program, code = container["lifecycle"]["preStop"]["exec"]["command"]
    assert program == ["python", "-c"]
    slept = re.fullmatch(r"import time; time\.sleep\((\d+)\)", code)
    assert slept, shlex.quote(code)
    readiness = container["readinessProbe"]
    assert int(slept[1]) > readiness["periodSeconds"] * readiness["failureThreshold"]
    drain_seconds = float(environment[f"{PREFIX}DRAIN_SECONDS"] or 0)
    assert pod["terminationGracePeriodSeconds"] > int(slept[1]) + drain_seconds + SERVER_END_SECONDS


def test_a_pod_may_do_nothing_but_serve(pod: dict[str, Any], container: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    user = pod["securityContext"]
    assert user["runAsNonRoot"] is True
    assert f"USER {user['runAsUser']}:{user['runAsGroup']}\n" in dockerfile
    assert user["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])
    assert "memory" in container["resources"]["limits"]


def test_what_is_set_is_a_setting_and_what_is_secret_is_not_here(
    container: dict[str, Any], environment: dict[str, str | None]
) -> None:
    assert unknown_names(dict.fromkeys(environment, "")) == []
    plain = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items() if value is not None}
    Settings.load(**plain)
    assert environment[f"{PREFIX}REDIS_URL"] is None
    (mount,) = container["volumeMounts"]
    assert mount["mountPath"] == str(Path(str(environment[f"{PREFIX}API_KEYS_FILE"])).parent)
    assert "subPath" not in mount  # would never change


def test_the_route_has_every_path_for_clients_and_none_for_operators(manifests: dict[str, dict[str, Any]]) -> None:
    routed = [
        (match["path"]["type"], match["path"]["value"])
        for rule in manifests["HTTPRoute"]["spec"]["rules"]
        for match in rule["matches"]
    ]

    def is_routed(path: str) -> bool:
        return any(
            path == value or (kind == "PathPrefix" and path.startswith(value.rstrip("/") + "/"))
            for kind, value in routed
        )

    paths = set(create_app().openapi()["paths"]) | {"/", "/docs", "/openapi.json", "/dashboard/page/page.js"}
    assert (ROOT / "gateway" / "agent_status_gateway" / "dashboard" / INDEX).exists()
    assert {path for path in paths if not is_routed(path)} == {"/metrics", "/livez", "/healthz", "/readyz"}


def test_the_route_of_the_stream_has_no_time_limit(manifests: dict[str, dict[str, Any]]) -> None:
    streams = manifests["HTTPRoute"]["spec"]["rules"][0]
    assert streams["matches"][0]["path"]["value"] == "/api/v1/agent"
    assert streams["timeouts"] == {"request": "0s", "backendRequest": "0s"}


def test_the_autoscaler_looks_at_a_gauge_that_there_is_and_leaves_room_for_those_of_a_replica_that_goes(
    manifests: dict[str, dict[str, Any]],
) -> None:
    spec = manifests["HorizontalPodAutoscaler"]["spec"]
    pods = next(metric["pods"] for metric in spec["metrics"] if metric["type"] == "Pods")
    assert pods["metric"]["name"] == "agent_status_clients"
    assert int(pods["target"]["averageValue"]) * 2 <= Settings.model_fields["max_clients"].default
    assert spec["minReplicas"] >= 2
    assert manifests["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1


def test_the_notifiers_manifest_runs_two_with_least_rights_and_options_that_exist() -> None:
    manifest = by_kind(kubectl("kustomize", BASE / "notify"))["Deployment"]
    assert (manifest["kind"], manifest["spec"]["replicas"]) == ("Deployment", 2)
    pod = manifest["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["terminationGracePeriodSeconds"] > 5 + SERVER_END_SECONDS
    program, command, rules, *options = container["args"]
    assert (program, command) == (NAME, "notify")
    assert rules.startswith(container["volumeMounts"][0]["mountPath"])
    known = {f"--{name.replace('_', '-')}" for name in notify.__annotations__}
    assert {option.partition("=")[0] for option in options} <= known


def test_prometheus_finds_the_notifiers_under_the_name_of_the_job_that_the_alerts_expect() -> None:
    manifests = by_kind(kubectl("kustomize", BASE / "notify"))
    service, deployment = manifests["Service"], manifests["Deployment"]
    assert f'job="{service["metadata"]["name"]}"' in (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
    template = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    (port,), (container,) = service["spec"]["ports"], template["spec"]["containers"]
    assert {port["targetPort"]: port["port"]} == {one["name"]: one["containerPort"] for one in container["ports"]}
    assert f"--metrics-port={port['port']}" in container["args"]
