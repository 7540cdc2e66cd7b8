"""The OpenAPI 3.1 document, written from the models of the answers and the tables of what can be asked."""

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from bot.render.report.data import timeline_schema
from bot.web.api.answering import JSON, PROBLEM
from bot.web.api.asking import LISTING, NOTHING, TELLING
from bot.web.api.shapes import MODELS
from bot.web.api.telling import ROOT

Node = dict[str, Any]
_SCHEMAS = "#/components/schemas/"
_REF: Node = {
    "name": "ref", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 80},
    "description": "The name of a run in whatever case, such as ORDERS-7.",
}  # fmt: skip
_TAG: Node = {"ETag": {"schema": {"type": "string"}, "description": "Send it as If-None-Match."}}
_PROBLEMS: Mapping[int, str] = {
    400: "The question cannot be read.", 401: "No token or session that counts.", 404: "There is no such thing.",
    500: "It broke; the log of Handrail says why.",
}  # fmt: skip
_ABOUT = (
    "What happened and what is going on, for programs that read. Acting stays in Slack and at the terminal. "
    "Where Handrail is open to its own machine alone, a program on it needs no token."
)


def write_document() -> Node:
    """The document, for `GET /api/v1/openapi.json`."""
    _, made = models_json_schema([(model, "serialization") for model in MODELS], ref_template=f"{_SCHEMAS}{{model}}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "Handrail", "version": version("handrail"), "description": _ABOUT},
        "paths": {
            f"{ROOT}/runs": _path("listRuns", "Runs, the newest first.", "RunList", LISTING, missing=False),
            f"{ROOT}/runs/{{ref}}": _path("tellRun", "One run.", "RunWhole", NOTHING, _REF),
            f"{ROOT}/runs/{{ref}}/timeline": _path("tellTimeline", "A run, told.", "Timeline", TELLING, _REF),
            f"{ROOT}/assets": _path("listAssets", "All assets.", "AssetList", NOTHING, missing=False),
            f"{ROOT}/runbooks": _path("listRunbooks", "All runbooks.", "RunbookList", NOTHING, missing=False),
        },
        "components": {
            "schemas": {**made["$defs"], **_timeline()},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`handrail token new`, scope read."}
            },
        },
        "security": [{"token": []}],
    }


def _path(id_: str, summary: str, answer: str, asked: Mapping[str, Any], *path: Node, missing: bool = True) -> Node:
    """A path that can be read."""
    told = {"description": summary, "headers": _TAG, "content": {JSON: {"schema": {"$ref": f"{_SCHEMAS}{answer}"}}}}
    problem = {PROBLEM: {"schema": {"$ref": f"{_SCHEMAS}Problem"}}}
    wrong = {str(code): {"description": words, "content": problem}
             for code, words in _PROBLEMS.items() if missing or code != 404}  # fmt: skip  # noqa: PLR2004
    return {
        "get": {
            "operationId": id_, "summary": summary,
            "parameters": [*path, *({"name": name, "in": "query", **how} for name, how in asked.items())],
            "responses": {
                "200": told,
                "304": {"description": "It reads as when it had the tag in If-None-Match.", "headers": _TAG},
                **wrong,
            },
        }
    }  # fmt: skip


def _timeline() -> Node:
    """The published schema of timelines, its parts under names of their own."""
    text = json.dumps(timeline_schema()).replace('"#/$defs/', f'"{_SCHEMAS}Timeline.')
    whole: Node = json.loads(text)
    parts = whole.pop("$defs")
    return {"Timeline": whole, **{f"Timeline.{name}": part for name, part in parts.items()}}
