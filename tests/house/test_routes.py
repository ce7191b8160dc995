"""Every page, hook and call of the API says who may ask for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Blueprint, Flask

from cases.permissions import Action
from contactcentre.web.permissions import KINDS, requires
from tests.application import application

if TYPE_CHECKING:
    from contactcentre.container import Container


def undeclared(app: Flask) -> list[str]:
    """Return the routes whose view asks nothing of its caller, or asks for a word that is none."""
    found = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if _gives_files(rule.endpoint, view):
            continue
        asked = permission(view)
        if not (isinstance(asked, Action) or asked in KINDS):
            found.append(f"{rule.rule} ({rule.endpoint}): requires {asked!r}")
    return found


def _gives_files(endpoint: str, view: Callable[..., Any]) -> bool:
    """Tell whether this is Flask's own view of a static folder: files of the product, and nothing of a citizen's."""
    return endpoint.rpartition(".")[2] == "static" and view.__module__.startswith("flask.")


def permission(view: Callable[..., Any]) -> Any:
    """Return what a view requires, through whatever wraps it."""
    found: list[Any] = []
    # the stop is asked about every layer but the last, which may be the marked one too
    inspect.unwrap(view, stop=lambda layer: _note(layer, found))
    _note(inspect.unwrap(view), found)
    return found[0] if found else None


def _note(layer: Any, found: list[Any]) -> bool:
    if hasattr(layer, "permission"):
        found.append(layer.permission)
    return False


@pytest.fixture
def app(container: Container) -> Flask:
    return application(container)


def test_every_route_declares_its_permission(app: Flask) -> None:
    assert undeclared(app) == []


def test_the_expected_doors_are_there(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert {"/health", "/health/live", "/metrics", "/hooks/<account>/<secret>/<event>"} <= rules
    assert any(rule.startswith("/api/") for rule in rules)


def _view() -> str:
    return ""


def test_a_route_that_asks_nothing_is_noticed() -> None:
    bare = Flask("bare", static_folder="static")
    bare.register_blueprint(Blueprint("files", "bare", static_folder="static", url_prefix="/f"))
    bare.register_blueprint(_posing_as_files())
    bare.add_url_rule("/open", "open", _view)
    bare.add_url_rule("/odd", "odd", _marked("anybody"))
    bare.add_url_rule("/right", "right", requires("public")(lambda: ""))
    bare.add_url_rule("/work", "work", requires(Action.READ)(lambda: ""))
    assert undeclared(bare) == [
        "/posing/static (posing.static): requires None",
        "/open (open): requires None",
        "/odd (odd): requires 'anybody'",
    ]


def _posing_as_files() -> Blueprint:
    made = Blueprint("posing", "bare", url_prefix="/posing")
    made.add_url_rule("/static", "static", _view)
    return made


def _marked(word: str) -> Callable[[], str]:
    def view() -> str:
        return ""

    view.permission = word  # type: ignore[attr-defined]
    return view


def test_a_wrapped_view_keeps_its_mark() -> None:
    from functools import wraps

    marked = requires("hook")(lambda: "")

    @wraps(marked)
    def outer() -> str:
        return marked()

    del outer.permission  # type: ignore[attr-defined]  # as a wrapper that copies no attributes
    assert permission(outer) == "hook"


def test_a_word_that_is_no_permission_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="'anybody' is neither an Action nor one of hook, public, signed_in"):
        requires("anybody")  # type: ignore[arg-type]
