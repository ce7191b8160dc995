"""The description of the API as readable values: one page for each call, with every field it takes and gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]
_REF = "#/components/schemas/"
_WORDS = {"integer": "whole number", "boolean": "true or false", "string": "text", "null": "null", "number": "number"}


@dataclass(frozen=True, slots=True)
class Field:
    """One value: its name, what it may hold, and where it stands (path, query, header; empty in a body)."""

    name: str
    kind: str
    about: str
    required: bool
    place: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """One kind of object, with its fields."""

    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: its status, what it means, and the name of the object it holds."""

    status: str
    about: str
    holds: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``models`` are the objects it takes and gives, the body's first."""

    name: str
    method: str
    path: str
    summary: str
    about: str
    parameters: tuple[Field, ...]
    body: str | None
    answers: tuple[Answer, ...]
    models: tuple[Model, ...]


def calls(description: Schema) -> tuple[Call, ...]:
    """Return every call of an OpenAPI description, by path."""
    schemas = description["components"]["schemas"]
    return tuple(
        _call(method, path, operation, schemas)
        for path, methods in sorted(description["paths"].items())
        for method, operation in sorted(methods.items())
    )


def kind(schema: Schema) -> str:
    """Say in words what a value may be."""
    if "$ref" in schema:
        return _name(schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {kind(schema['items'])}"
    if schema.get("format") == "date-time":
        return "time"
    return _WORDS.get(schema.get("type", ""), "object")


def _call(method: str, path: str, operation: Schema, schemas: Mapping[str, Schema]) -> Call:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    answers = tuple(_answer(status, one) for status, one in sorted(operation["responses"].items()))
    wanted = ([_name(body)] if body else []) + [one.holds for one in answers if one.holds]
    return Call(
        name=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        about=operation.get("description", "").replace("<br/>", " ").strip(),
        parameters=tuple(_parameter(one, schemas) for one in operation.get("parameters", ())),
        body=_name(body) if body else None,
        answers=answers,
        models=tuple(Model(name, tuple(_fields(schemas[name], schemas))) for name in _reached(wanted, schemas)),
    )


def _answer(status: str, answer: Schema) -> Answer:
    holds = next((_name(content["schema"]) for content in answer.get("content", {}).values()), "")
    return Answer(status, answer["description"], holds)


def _parameter(parameter: Schema, schemas: Mapping[str, Schema]) -> Field:
    words = kind(_plain(parameter["schema"], schemas))
    return Field(
        parameter["name"],
        words,
        parameter.get("description", ""),
        parameter.get("required", False),
        place=parameter["in"],
    )


def _fields(schema: Schema, schemas: Mapping[str, Schema]) -> Iterator[Field]:
    for name, one in schema.get("properties", {}).items():
        yield Field(name, kind(_plain(one, schemas)), one.get("description", ""), name in schema.get("required", ()))


def _plain(schema: Schema, schemas: Mapping[str, Schema]) -> Schema:
    """Put the few words that a value may be in place of their name; objects keep theirs."""
    if "$ref" in schema and "enum" in schemas[_name(schema)]:
        return schemas[_name(schema)]
    if "anyOf" in schema:
        return {**schema, "anyOf": [_plain(one, schemas) for one in schema["anyOf"]]}
    return schema


def _reached(names: list[str], schemas: Mapping[str, Schema]) -> list[str]:
    found: dict[str, None] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found and "properties" in schemas[name]:
            found[name] = None
            waiting += _named(schemas[name]["properties"])
    return list(found)


def _named(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield _name(value)
        for one in value.values():
            yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)


def _name(schema: Schema) -> str:
    return str(schema["$ref"]).removeprefix(_REF)
