"""What stands in deploy/ can be read, keeps to the strictest policy, and names no setting that we do not know."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import BadSettings, read_settings
from tests.deploy.pods import breaches, container_environments, of_a_cluster, with_secrets

DEPLOY = Path(__file__).parents[2] / "deploy"


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


def environments() -> Iterator[dict[str, str]]:
    """Each container of Handrail's environment."""
    services = documents("compose.yaml")[0]["services"]
    yield services["migrate"]["environment"]
    yield services["handrail"]["environment"]
    yield from container_environments(documents("kubernetes.yaml"))


def test_every_setting_that_they_name_is_one(tmp_path: Path) -> None:
    """Read as the process would, with what a cluster adds; the same with a misspelt name is refused."""
    found = list(environments())
    assert len(found) == 4
    for environment in found:
        settings = read_settings(with_secrets(environment | of_a_cluster("handrail"), tmp_path))
        assert settings.sqlite_path is None
        with pytest.raises(BadSettings, match="HANDRAIL_HEARTBEAT_URL"):
            read_settings(with_secrets({**environment, "HANDRAIL_HEARTBEET_URL": "x"}, tmp_path))


def test_the_image_names_no_database_so_that_a_file_may() -> None:
    """Its file stands where it works, as the default has it; a DATABASE_URL in the image would be one too many."""
    image = (DEPLOY.parent / "Dockerfile").read_text(encoding="utf-8")
    assert "DATABASE_URL=" not in image
    assert "WORKDIR /var/lib/handrail" in image
    assert all("DATABASE_URL" not in environment for environment in environments())


def test_compose_hands_secrets_on_that_root_alone_may_read() -> None:
    """Handrail runs as nobody in particular: a file of mode 600 is copied for it, and none needs a watchdog."""
    services = documents("compose.yaml")[0]["services"]
    assert services["secrets"]["user"] == "0:0"
    assert "install --owner 10001 --mode 400 /given/* /run/handrail" in services["secrets"]["command"][2]
    assert "./secrets:/given:ro" in services["secrets"]["volumes"]
    for name in ("migrate", "handrail"):
        files = [one for setting, one in services[name]["environment"].items() if setting.endswith("_FILE")]
        assert all(one.startswith("/run/handrail/") for one in files)
        assert "secrets:/run/handrail:ro" in services[name]["volumes"]
        assert "HANDRAIL_HEARTBEAT_URL_FILE" not in services[name]["environment"]
    assert services["migrate"]["depends_on"]["secrets"] == {"condition": "service_completed_successfully"}
    assert services["handrail"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_every_pod_keeps_to_the_restricted_policy_on_a_root_that_cannot_be_written() -> None:
    """The rules of Pod Security `restricted`, word for word; each of them is seen to bite."""
    found = documents("kubernetes.yaml")
    assert list(breaches(found)) == []
    text = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    for rule in (
        "runAsNonRoot: true", "seccompProfile: {type: RuntimeDefault}", "allowPrivilegeEscalation: false",
        "readOnlyRootFilesystem: true", "capabilities: {drop: [ALL]}", "enableServiceLinks: false",
    ):  # fmt: skip
        broken = list(yaml.safe_load_all(text.replace(rule, "", 1) if "  " + rule in text else text))
        assert list(breaches(broken)), rule


def test_kubernetes_keeps_two_of_three_and_asks_what_another_replica_could_mend() -> None:
    kinds = {document["kind"]: document for document in documents("kubernetes.yaml")}
    assert set(kinds) == {"Job", "Deployment", "PodDisruptionBudget", "Service"}
    deployment = kinds["Deployment"]["spec"]
    assert deployment["replicas"] == 3
    assert kinds["PodDisruptionBudget"]["spec"]["minAvailable"] == 2
    labels = deployment["template"]["metadata"]["labels"]
    assert all(kinds[kind]["spec"]["selector"] for kind in ("Service", "PodDisruptionBudget"))
    assert deployment["selector"]["matchLabels"] == labels == kinds["Service"]["spec"]["selector"]
    container = deployment["template"]["spec"]["containers"][0]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz?only=database,runbooks,clock"
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"
    mounts = {one["name"] for one in container["volumeMounts"]}
    assert mounts == {one["name"] for one in deployment["template"]["spec"]["volumes"]}


def test_the_chart_has_the_probes_the_limits_and_the_settings_of_the_manifest() -> None:
    """`make faults` renders it; here its words are held to those of the manifest beside it."""
    manifest = (DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8")
    chart = "".join(path.read_text(encoding="utf-8") for path in (DEPLOY / "chart" / "templates").iterdir())
    for line in re.findall(
        r"^ *((?:httpGet|exec|startupProbe|rollingUpdate|capabilities|seccompProfile).*)$", manifest, re.MULTILINE
    ):
        assert line.partition(" #")[0] in chart, line
    values = yaml.safe_load((DEPLOY / "chart" / "values.yaml").read_text(encoding="utf-8"))
    deployment = next(one for one in documents("kubernetes.yaml") if one["kind"] == "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert values["resources"] == container["resources"]
    assert values["replicas"] == deployment["spec"]["replicas"]


def test_the_unit_hands_secrets_over_and_is_watched(tmp_path: Path) -> None:
    unit = (DEPLOY / "handrail.service").read_text(encoding="utf-8")
    said = dict(line.split("=", 1) for line in unit.splitlines() if re.match(r"\w+=", line))
    assert (said["Type"], said["WantedBy"]) == ("notify", "multi-user.target")
    assert float(said["WatchdogSec"]) > 0
    named = dict(re.findall(r"^Environment=(\w+)=%d/([\w-]+)$", unit, re.MULTILINE))
    assert set(named.values()) == set(re.findall(r"^LoadCredential=([\w-]+):", unit, re.MULTILINE))
    settings = read_settings(with_secrets({name: f"/x/{file}" for name, file in named.items()}, tmp_path))
    assert settings.uses_socket_mode
    assert float(said["TimeoutStopSec"]) > settings.drains_for + 5
