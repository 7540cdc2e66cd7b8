"""What a cluster makes of pods: their environments, and what the policy `restricted` says to them.

The policy: kubernetes.io/docs/concepts/security/pod-security-standards, version 1.31.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

SECRETS = {
    "database-url": "postgresql://handrail:hush@database/handrail",
    "bot-token": "xoxb-123456789",
    "app-token": "xapp-123456789",
    "heartbeat-url": "https://watchdog.example/ping/1",
}
_VOLUMES = {
    "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret",
}  # fmt: skip


def pods(documents: Iterable[dict[str, Any] | None]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each pod that the documents would make: the kind of what makes it, and its spec."""
    for document in documents:
        spec = (document or {}).get("spec", {}).get("template", {}).get("spec")
        if document is not None and spec is not None:
            yield document["kind"], spec


def container_environments(documents: Iterable[dict[str, Any] | None]) -> Iterator[dict[str, str]]:
    """Each container's environment."""
    for _, spec in pods(documents):
        for container in spec["containers"]:
            yield {one["name"]: one["value"] for one in container["env"]}


def with_secrets(environment: dict[str, str], folder: Path, secrets: dict[str, str] = SECRETS) -> dict[str, str]:
    """The same, with each mounted secret as a file that is there."""
    changed = {}
    for name, value in environment.items():
        secret = Path(value).name
        if name.endswith("_FILE"):
            (folder / secret).write_text(secrets[secret], encoding="utf-8")
        changed[name] = str(folder / secret) if name.endswith("_FILE") else value
    return changed


def of_a_cluster(service: str) -> dict[str, str]:
    """What the kubelet puts into each pod for a Service, where links are not switched off."""
    name, at = service.upper().replace("-", "_"), "10.96.0.12"
    return {
        f"{name}_SERVICE_HOST": at, f"{name}_SERVICE_PORT": "80", f"{name}_SERVICE_PORT_HTTP": "80",
        f"{name}_PORT": f"tcp://{at}:80", f"{name}_PORT_80_TCP": f"tcp://{at}:80", f"{name}_PORT_80_TCP_PROTO": "tcp",
        f"{name}_PORT_80_TCP_PORT": "80", f"{name}_PORT_80_TCP_ADDR": at,
    }  # fmt: skip


def breaches(documents: Iterable[dict[str, Any] | None]) -> Iterator[str]:
    """What the policy, and we, would refuse of the pods."""
    for kind, spec in pods(documents):
        own = spec.get("securityContext") or {}
        if own.get("runAsNonRoot") is not True or own.get("runAsUser") == 0:
            yield f"{kind}: runs as root"
        if (own.get("seccompProfile") or {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"{kind}: no seccomp profile"
        if any(spec.get(one) for one in ("hostNetwork", "hostPID", "hostIPC")):
            yield f"{kind}: shares the host's namespaces"
        if spec.get("enableServiceLinks") is not False:
            yield f"{kind}: the cluster puts the Service's links into the environment"
        for volume in spec.get("volumes", ()):
            if not volume.keys() - {"name"} <= _VOLUMES:
                yield f"{kind}: a volume {volume}"
        for container in spec["containers"]:
            yield from _of_container(f"{kind}, {container['name']}", container.get("securityContext") or {})


def _of_container(name: str, own: dict[str, Any]) -> Iterator[str]:
    if own.get("allowPrivilegeEscalation") is not False:
        yield f"{name}: may gain privileges"
    capabilities = own.get("capabilities") or {}
    if "ALL" not in capabilities.get("drop", ()) or set(capabilities.get("add", ())) - {"NET_BIND_SERVICE"}:
        yield f"{name}: keeps capabilities"
    if own.get("privileged"):
        yield f"{name}: is privileged"
    if own.get("readOnlyRootFilesystem") is not True:
        yield f"{name}: may write to its root"
