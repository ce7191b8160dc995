"""What a view asks of its caller, written beside it; a house test finds views that ask nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar

from cases.permissions import Action

View = TypeVar("View", bound=Callable[..., Any])
#: anybody; every agent who is logged in; a gateway, known by the secret in its address
Kind = Literal["public", "signed_in", "hook"]
KINDS = frozenset({"public", "signed_in", "hook"})


def requires(permission: Action | Kind) -> Callable[[View], View]:
    """Mark a view with what it requires; raises ``ValueError`` at import for a word that is none."""
    if permission not in KINDS and not isinstance(permission, Action):
        raise ValueError(f"{permission!r} is neither an Action nor one of {', '.join(sorted(KINDS))}")

    def marked(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return marked
