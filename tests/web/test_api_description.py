"""The API's description for tools is valid and whole, and its pages for people show all of it."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contactcentre.api import pages
from tests.web.api_caller import CALLS

if TYPE_CHECKING:
    from flask import Flask

ALWAYS = {"401", "403", "422", "429", "503"}


@pytest.fixture
def description(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/api/v1/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: dict[str, Any] = answer.get_json()
    return found


def operations(description: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path.removeprefix("/api/v1")): operation
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def test_the_description_is_valid_openapi_3_1(description: dict[str, Any]) -> None:
    assert description["openapi"].startswith("3.1.")
    assert [str(error) for error in OpenAPIV31SpecValidator(description).iter_errors()] == []


def test_every_call_is_described_with_its_token_and_all_its_answers(description: dict[str, Any]) -> None:
    assert description["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}
    found = operations(description)
    assert set(found) == {(method, path.partition("?")[0]) for method, path, _ in CALLS}
    for (method, path), operation in found.items():
        assert operation["security"] == [{"token": []}]
        assert operation["summary"]
        expected = set(ALWAYS)
        expected |= {"404"} if "{reference}" in path else set()
        expected |= (
            {"409"}
            if path.endswith(("/replies", "/transitions", "/assignment", "/merge", "/refile", "/split"))
            else set()
        )
        problems = {
            status for status, one in operation["responses"].items() if "application/problem+json" in one["content"]
        }
        assert problems == expected, (method, path)
        good = set(operation["responses"]) - problems
        assert good and all(status.startswith("2") for status in good)
        for one in operation["responses"].values():
            (content,) = one["content"].values()
            assert content["schema"]["$ref"].rpartition("/")[2] in description["components"]["schemas"]
        headers = [one["name"] for one in operation.get("parameters", []) if one["in"] == "header"]
        assert headers == (["Idempotency-Key"] if method == "POST" else [])


def test_calls_are_named_once(description: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(description).values()]
    assert len(set(names)) == len(names) == len(CALLS)


def test_the_pages_show_every_call_with_its_fields(app: Flask, description: dict[str, Any]) -> None:
    client = app.test_client()
    answer = client.get("/api/docs")
    assert answer.status_code == 200
    index = answer.get_data(as_text=True)
    for (method, path), operation in operations(description).items():
        assert f"<code>{method} /api/v1{path}</code>" in index
        page = client.get(f"/api/docs/{operation['operationId']}")
        assert page.status_code == 200
        text = unescape(page.get_data(as_text=True))
        for one in operation.get("parameters", []):
            assert f"<code>{one['name']}</code>" in text
        for status in operation["responses"]:
            assert f"<code>{status}</code>" in text
        if "requestBody" in operation:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            for field in description["components"]["schemas"][schema]["properties"]:
                assert f"<code>{field}</code>" in text
    cases = client.get("/api/docs/list_cases").get_data(as_text=True)
    for field in ("next", "priority", "addresses", "state"):  # of the list, its cases, their citizens and promises
        assert f"<code>{field}</code>" in cases
    assert set(re.findall(r'href="/api/docs/(\w+)"', index)) == {
        operation["operationId"] for operation in operations(description).values()
    }
    assert client.get("/api/docs/nothing").status_code == 404


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string"}, "text"),
        ({"type": "integer"}, "whole number"),
        ({"type": "string", "format": "date-time"}, "time"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "text or null"),
        ({"type": "string", "enum": ["a", "b"]}, "a, b"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/CaseOut"}}, "list of CaseOut"),
        ({"type": "object"}, "object"),
    ],
)
def test_a_value_is_told_in_words(schema: dict[str, Any], words: str) -> None:
    assert pages.kind(schema) == words
