"""What stands in deploy/ can be read, and names no setting that Handrail does not know."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import BadSettings, read_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
SECRET_VALUES = {
    "database-url": "postgresql://handrail:hush@database/handrail",
    "bot-token": "xoxb-123456789",
    "app-token": "xapp-123456789",
    "heartbeat-url": "https://watchdog.example/ping/1",
}


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text(encoding="utf-8")))


def with_secrets(environment: dict[str, str], folder: Path) -> dict[str, str]:
    """The same, with each mounted secret as a file that is there."""
    changed = {}
    for name, value in environment.items():
        secret = Path(value).name
        if name.endswith("_FILE"):
            (folder / secret).write_text(SECRET_VALUES[secret], encoding="utf-8")
        changed[name] = str(folder / secret) if name.endswith("_FILE") else value
    return changed


def environments() -> Iterator[dict[str, str]]:
    """Each container of Handrail's environment."""
    services = documents("compose.yaml")[0]["services"]
    yield services["migrate"]["environment"]
    yield services["handrail"]["environment"]
    for document in documents("kubernetes.yaml"):
        for container in document["spec"].get("template", {}).get("spec", {}).get("containers", []):
            yield {one["name"]: one["value"] for one in container["env"]}


def test_every_setting_that_they_name_is_one(tmp_path: Path) -> None:
    """Read as the process would; the same with a misspelt name is refused."""
    found = list(environments())
    assert len(found) == 4
    for environment in found:
        settings = read_settings(with_secrets(environment, tmp_path))
        assert settings.sqlite_path is None
        with pytest.raises(BadSettings, match="HANDRAIL_HEARTBEAT_URL"):
            read_settings(with_secrets({**environment, "HANDRAIL_HEARTBEET_URL": "x"}, tmp_path))


def test_the_image_names_no_database_so_that_a_file_may() -> None:
    """Its file stands where it works, as the default has it; a DATABASE_URL in the image would be one too many."""
    image = (DEPLOY.parent / "Dockerfile").read_text(encoding="utf-8")
    assert "DATABASE_URL=" not in image
    assert "WORKDIR /var/lib/handrail" in image
    assert all("DATABASE_URL" not in environment for environment in environments())


def test_compose_gives_each_container_the_secrets_that_it_reads() -> None:
    compose = documents("compose.yaml")[0]
    for service in compose["services"].values():
        read = {Path(one).name for name, one in service["environment"].items() if name.endswith("_FILE")}
        assert read == set(service["secrets"]) & read
        assert set(service["secrets"]) <= set(compose["secrets"])
    assert compose["services"]["handrail"]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


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
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    mounts = {one["name"] for one in container["volumeMounts"]}
    assert mounts == {one["name"] for one in deployment["template"]["spec"]["volumes"]}
