"""The chart, rendered with several values: it keeps to the policy, and each pod's environment starts Handrail.

By Helm where there is one, which lints as well; elsewhere by Go's own templates with Sprig, as Helm does.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from bot.library.registry import load_shelf
from bot.wiring.local import seed_of
from bot.workspace.serve import Options, Workspace
from tests.conftest import open_postgres
from tests.deploy.pods import breaches, of_a_cluster, pods, with_secrets
from tests.wiring.running import RUNBOOKS, running
from tests.wiring.test_serving import SECRET

CHART = Path(__file__).parents[2] / "deploy" / "chart"
SETS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "all of it": {
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "handrail-tls", "annotations": {"a": "b"}},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "imagePullSecrets": [{"name": "registry"}], "nodeSelector": {"disk": "ssd"}, "podAnnotations": {"c": "d"},
        "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        "settings": {"HANDRAIL_DATABASE_POOL": "15", "HANDRAIL_PUBLIC_URL": "https://handrail.example.org"},
    },
    "little of it": {"migrate": {"enabled": False}, "podDisruptionBudget": {"enabled": False}, "replicas": 1},
}  # fmt: skip
_KINDS = {
    "as it is": ["Job", "Deployment", "Service", "PodDisruptionBudget"],
    "all of it": ["Job", "Deployment", "Service", "PodDisruptionBudget", "Ingress", "ServiceMonitor"],
    "little of it": ["Deployment", "Service"],
}


def check_chart() -> None:
    """Every set of values makes what it should, and what it makes starts."""
    with tempfile.TemporaryDirectory(prefix="handrail-chart-") as name:
        render = _helm if shutil.which("helm") else _go(Path(name))
        for called, values in SETS.items():
            documents = [one for one in render(values) if one]
            kinds = [one["kind"] for one in documents]
            assert sorted(kinds) == sorted(_KINDS[called]), f"{called}: {kinds}"
            found = list(breaches(documents))
            assert not found, "\n".join(found)
            for document in documents:
                _names_fit(document)
        _start(list(render(SETS["all of it"])), Path(name))
    print(f"   rendered by {'Helm' if shutil.which('helm') else 'Go templates: Helm cannot be had here'}")


def _names_fit(document: dict[str, Any]) -> None:
    spec = document["spec"]
    if document["kind"] in ("Deployment", "Service", "PodDisruptionBudget"):
        selector = spec["selector"].get("matchLabels", spec["selector"])
        assert selector == {"app.kubernetes.io/name": "handrail", "app.kubernetes.io/instance": "handrail"}
    for _, pod in pods([document]):
        mounts = {one["name"] for container in pod["containers"] for one in container["volumeMounts"]}
        assert mounts == {one["name"] for one in pod["volumes"]}


def _start(documents: list[dict[str, Any]], folder: Path) -> None:
    """Each pod's command with its environment and what a cluster adds, on a real database and a workspace of ours."""
    workspace = Workspace.start(
        seed_of(load_shelf(Path(RUNBOOKS)).catalogue), Options(pacing=False, signing_secret=SECRET)
    )
    with ExitStack() as stack:
        server = stack.enter_context(open_postgres())
        secrets = {
            "database-url": server.get_uri(), "bot-token": workspace.tokens.bot, "app-token": workspace.tokens.app,
        }  # fmt: skip
        for kind, pod in sorted(pods(documents), key=lambda one: one[0] != "Job"):
            (container,) = pod["containers"]
            given = {one["name"]: one["value"] for one in container["env"]} | of_a_cluster("handrail")
            here = {"HANDRAIL_RUNBOOKS": RUNBOOKS, "HANDRAIL_HTTP": "127.0.0.1:0", "HANDRAIL_DRAIN": "0",
                    "HANDRAIL_MIRROR": str(folder / "mirror"), "SLACK_API_URL": workspace.api_url}  # fmt: skip
            environment = with_secrets(given, folder, secrets) | here
            words = container.get("command", ["handrail", "serve"])[1:]
            with running(words, environment) as started:
                if kind == "Job":
                    assert started.wait() == 0, started.said()
                else:
                    started.wait_ready()
                    assert started.end()[0] == 0
    workspace.stop()


def _helm(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = json.dumps(values)
    for words in (["lint", str(CHART), "--values", "-"], ["template", "handrail", str(CHART), "--values", "-"]):
        done = subprocess.run(["helm", *words], input=given, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        if words[0] == "template":
            yield from yaml.safe_load_all(done.stdout)


def _go(folder: Path) -> Any:  # noqa: ANN401  (as `_helm`)
    program = folder / "render"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}
    source = Path(__file__).parent / "render" / "main.go"
    subprocess.run(["go", "build", "-o", program, source], env=environment, check=True)
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    defaults = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))

    def render(values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        given = {
            "values": _merged(defaults, values), "release": {"Name": "handrail", "Service": "Helm"},
            "chart": {name[0].upper() + name[1:]: value for name, value in chart.items()},
        }  # fmt: skip
        done = subprocess.run(
            [program, str(CHART)], input=json.dumps(given), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        for text in json.loads(done.stdout).values():
            yield from (one for one in yaml.safe_load_all(text) if one)

    return render


def _merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """As Helm lays values over defaults: maps are merged, all else is replaced."""
    both = dict(below)
    for name, value in above.items():
        kept = below.get(name)
        both[name] = _merged(kept, value) if isinstance(value, dict) and isinstance(kept, dict) else value
    return both
