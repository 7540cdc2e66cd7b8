"""JSON Schema for editors, from the very models that the loader uses."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from bot.format.alerts import AlertsFile
from bot.format.catalogue import Asset, AssetsFile, FetchedReport, PeopleFile, ResourcesFile, Rotation, Trigger
from bot.format.defaults import DefaultsFile
from bot.format.hands import HandsFile
from bot.format.pieces import (
    COMPARISONS,
    Answer,
    Capture,
    Condition,
    Exec,
    FieldType,
    Shape,
    Test,
    TypedField,
    Undo,
    write_duration,
)
from bot.format.runbook import FORWARD, KIND_OF, KINDS, Branch, Runbook, RunStep, StepBase, Wait
from bot.library.check.rules.duties import ENOUGH_FAILURES
from bot.library.reading.short import USUAL
from bot.library.reading.spelling import EFFECTS, FLAGS
from bot.library.wording import HouseFile, Inventory

Schema = dict[str, Any]
MODELS: Mapping[str, type[Shape]] = {
    "runbook": Runbook, "assets": AssetsFile, "resources": ResourcesFile, "people": PeopleFile,
    "defaults": DefaultsFile, "check": HouseFile, "hands": HandsFile, "alerts": AlertsFile,
}  # fmt: skip
"""What `handrail schema` is asked for -> the model of such a document."""
ONE_OF: Mapping[type[BaseModel], tuple[tuple[str, ...], ...]] = {
    Test: tuple((name,) for name in COMPARISONS),
    Condition: (("all",), ("any",)),
    Undo: (("step",), ("argv",), ("none",)),
    Wait: (("for",), ("poll",)),
    Trigger: (("alert",), ("missed",)),
    Rotation: (("starts", "turn", "order"), ("ics",)),
    Inventory: (("csv",), ("backstage",)),
    FetchedReport: (("http",), ("exec",)),
}
"""Shapes that hold exactly one of several groups of keys; their validators say the same in Python."""
_DIALECT = "http://json-schema.org/draft-07/schema#"
"""The newest that the common YAML language servers read in full."""
_DURATION = {
    "type": "string", "pattern": "^[0-9]{1,6}[smhd]$", "description": "A whole number and a unit: 30s, 10m, 4h, 7d.",
    "examples": ["30s", "10m", "4h", "7d"],
}  # fmt: skip
_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": 'A day, in quotes: "2026-11-22".'}
_INSTANT = {
    "type": "string",
    "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$",
    "description": 'A date and time with its offset, in quotes: "2026-11-22T03:40:00+01:00".',
}
_ACTIVE: Schema = {
    "if": {"properties": {"status": {"const": "active"}}, "required": ["status"]},
    "then": {
        "required": ["id", "enter_when", "objective", "not_for", "failure_modes"],
        "properties": {"not_for": {"minItems": 1}, "failure_modes": {"minItems": ENOUGH_FAILURES}},
    },
}
"""What `check` asks of an active runbook, but for what the folder may say (S15, O1, O3)."""
_TEXT: Schema = {"type": "string", "minLength": 1}
_LINE: Schema = {"description": "The command in one line: words and quotes, and no shell.", **_TEXT}
_SLUG = "[a-z0-9][a-z0-9_-]{0,63}"
_SHORT: Mapping[type[BaseModel], Schema] = {
    Exec: _LINE,
    Undo: {"description": "Why it cannot be taken back.", **_TEXT},
    Answer: {"description": "The variable.", "type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
    Capture: {"description": "What the command prints, read as this.", "enum": list(get_args(FieldType))},
}
"""Shapes that may be written as one text."""
_SHORT_KEYS: Schema = {
    "takes": {
        "type": "string", "pattern": r"^\s*([0-9]{1,6}[smhd])?\s*(/\s*[0-9]{1,6}[smhd])?\s*$", "examples": ["2m / 15m"],
        "description": "How long it usually takes, and after how long it counts as late: `typical` and `timeout`.",
    },
    "is": {
        "description": f"What the step is: {', '.join(FLAGS)}.",
        "if": {"type": "string"}, "then": {"enum": list(FLAGS)},
        "else": {"type": "array", "items": {"enum": list(FLAGS)}},
    },
}  # fmt: skip
"""Keys of a step that stand for others."""
_OWED: Mapping[type[BaseModel], tuple[str, ...]] = {Runbook: ("schema", "title", "steps"), Asset: ("id",)}
"""What has to be written; the rest of what a model needs may be left out, or the folder says it."""


def schema_of(kind: str) -> Schema:
    """The JSON Schema of a document: one of MODELS, or ``any`` for a file that holds several kinds."""
    if kind != "any":
        return _finished(MODELS[kind].model_json_schema(schema_generator=_Generator), kind)
    whole: Schema = {"type": "object", "required": ["schema"], "properties": {}, "$defs": {}, "allOf": []}
    names = []
    for name in MODELS:
        part = MODELS[name].model_json_schema(schema_generator=_Generator)
        whole["$defs"] |= part.pop("$defs", {})
        whole["$defs"][MODELS[name].__name__] = part
        names.append(part["properties"]["schema"]["const"])
        asked = {"properties": {"schema": {"const": names[-1]}}, "required": ["schema"]}
        whole["allOf"].append({"if": asked, "then": {"$ref": f"#/$defs/{MODELS[name].__name__}"}})
    whole["properties"]["schema"] = {"enum": names, "description": "What this document is."}
    return _finished(whole, "any")


def file_name(kind: str) -> str:
    """The name under which a schema ships, such as ``runbook-v1.json``."""
    return "handrail-v1.json" if kind == "any" else f"{kind}-v1.json"


def _finished(schema: Schema, kind: str) -> Schema:
    titles = {"any": "A file of Handrail", "runbook": "A runbook of Handrail", "check": "How Handrail checks a folder"}
    return {"$schema": _DIALECT, **schema, "title": titles.get(kind, f"A list of Handrail: {kind}")}


class _Generator(GenerateJsonSchema):
    """Pydantic's own schemas, with what the loader does differently from pydantic's idea of JSON."""

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:  # noqa: ARG002
        return dict(_DURATION)

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:  # noqa: ARG002
        return dict(_DAY)

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:  # noqa: ARG002
        return dict(_INSTANT)

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """A key with nothing after it is a problem (S13), so null is never a value."""
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Defaults that say something; an absent key needs no `null` or `[]` in an editor's suggestion."""
        made = super().default_schema(schema)
        if made.get("default") in (None, [], {}) or isinstance(made.get("default"), dict):
            made.pop("default", None)
        return made

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401  (whatever a model holds)
        """Durations as authors write them, not as ISO 8601 does."""
        return write_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        """Exits are known by name, so that an editor can offer them; other keys follow a pattern and nothing else."""
        made = super().dict_schema(schema)
        keys = self.generate_inner(schema["keys_schema"]) if "keys_schema" in schema else {}
        known = _constants(keys)
        if known:
            values = made.pop("additionalProperties", {})
            made.pop("propertyNames", None)
            made["properties"] = dict.fromkeys(known, values)
        if known or "patternProperties" in made:
            made["additionalProperties"] = False
        return made

    def tagged_union_schema(self, schema: core_schema.TaggedUnionSchema) -> JsonSchemaValue:
        """A step: its one kind chooses what else may stand there, so that an editor speaks of that kind only."""
        kinds = {str(name): self.generate_inner(choice) for name, choice in schema["choices"].items()}
        if set(kinds) != set(KINDS):
            return super().tagged_union_schema(schema)
        words = {kind: (shape.__doc__ or "").strip() for shape, kind in KIND_OF.items()}
        usual = {"title": "usual", "required": ["id"], "properties": {"id": {"enum": list(USUAL)}}}
        return {
            "type": "object",
            "description": f"A step: exactly one of {', '.join(KINDS)} with the title, its id behind the kind or under "
            "`id`, and its exits.",
            "properties": {"id": True} | {name: {"description": words[name]} for name in kinds},
            "oneOf": [
                *({**_is_of(name), "title": name} for name in kinds),
                {**usual, "not": {"anyOf": [_is_of(name) for name in kinds]}},
            ],
            "allOf": [{"if": _is_of(name), "then": made} for name, made in kinds.items()],
        }

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        shape = schema["cls"]
        for name in made.get("properties", {}).values():
            name.pop("title", None)
        if shape in (Exec, Undo):
            argv = made["properties"]["argv"]
            made["properties"]["argv"] = {
                "description": argv["description"],
                "if": {"type": "string"},
                "then": _LINE,
                "else": argv,
            }
        if shape in ONE_OF:
            groups = ONE_OF[shape]
            made["oneOf"] = [{"required": list(group), "title": " + ".join(group)} for group in groups]
        made["required"] = list(_OWED.get(shape, made.get("required", [])))
        if issubclass(shape, StepBase):
            _require_exits(made, shape)
            _spell_short(made, shape)
        if shape is Runbook:
            made["allOf"] = [_ACTIVE]
        if shape is TypedField:
            made["allOf"] = [{"if": {"properties": {"type": {"const": "enum"}}}, "then": {"required": ["values"]}}]
        return _with_short(made, shape)


def _is_of(kind: str) -> Schema:
    """A step is of a kind: the kind is a key, with the id behind it or without."""
    words = [kind, *(EFFECTS if kind == "run" else ())]
    spelled = [{"not": {"propertyNames": {"not": {"pattern": f"^{word} {_SLUG}$"}}}} for word in words]
    return {"anyOf": [*({"required": [word]} for word in words), *spelled]}


def _spell_short(made: JsonSchemaValue, shape: type[StepBase]) -> None:
    """The kind with the id behind it, `go: NAME`, and the keys that stand for others."""
    kind, properties = KIND_OF[shape], made["properties"]
    made["required"] = [key for key in made["required"] if key not in {"id", kind, "effect"}]
    title = properties[kind] | {"description": f"{(shape.__doc__ or '').strip()} The id stands behind the kind."}
    words = [kind, *(EFFECTS if kind == "run" else ())]
    made["patternProperties"] = {f"^{word} {_SLUG}$": title for word in words}
    properties |= dict.fromkeys(words[1:], title) | _SHORT_KEYS
    if kind in FORWARD:
        to = {"description": "The step to go on to.", "type": "string", "pattern": f"^{_SLUG}$"}
        exits = properties["go"]
        properties["go"] = {"description": exits["description"], "if": {"type": "string"}, "then": to, "else": exits}


def _with_short(made: JsonSchemaValue, shape: type[BaseModel]) -> JsonSchemaValue:
    if shape in _SHORT:
        return {"if": {"type": "string"}, "then": _SHORT[shape], "else": made}
    if shape is Condition:
        lists = {"anyOf": [{"required": ["all"]}, {"required": ["any"]}]}
        # Editors look into a branch only once it holds, so both lists are offered outside of it as well.
        named = {name: {"description": held["description"]} for name, held in made["properties"].items()}
        return {"properties": named, "if": lists, "then": made, "else": made["properties"]["all"]["items"]}
    return made


def _constants(keys: JsonSchemaValue) -> list[str]:
    """The names that a key may be, when they are listed."""
    if "const" in keys:
        return [str(keys["const"])]
    if "anyOf" in keys:
        return [name for part in keys["anyOf"] for name in _constants(part)]
    return [str(name) for name in keys.get("enum", ())]


def _require_exits(made: JsonSchemaValue, shape: type[StepBase]) -> None:
    """The exit that `check` asks for (G6), and the undo of what changes something (F3)."""
    if shape is Branch:
        made["required"].append("else")
    if shape is RunStep:
        changing = {"properties": {"effect": {"enum": ["change", "destroy"]}}, "required": ["effect"]}
        made["allOf"] = [{"if": changing, "then": {"required": ["undo"]}}]
