"""What becomes of a dialogue that was cut: offered again, or begun again with what had been typed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from channels.dialogue.calls import PRESET
from channels.dialogue.engine import begin
from channels.dialogue.menu import SCREEN, Menu
from channels.dialogue.values import State

#: how long a dialogue that was cut can be gone on with
LASTS = timedelta(hours=24)


def resume(menu: Menu, cut: State, *, language: str, channel: str = SCREEN) -> State:
    """Return where somebody begins whose last dialogue was cut in the state ``cut``.

    The same menu asks whether to go on. Another one begins anew and keeps the words that were typed.
    """
    new = dict(begin(menu, language=language, channel=channel))
    # Cut again at the very question whether to go on: what is kept is what it was about.
    before: dict[str, Any] = dict(cut.get("cut", cut))
    if before.get("digest") == menu.digest and before.get("node") in menu.nodes:
        return {**new, "cut": before} if worth(menu, before) else new
    typed = {name: value for name, value in before.get("fields", {}).items() if name in menu.typed}
    return {**new, "kept": {**before.get("kept", {}), **typed}}


def worth(menu: Menu, state: State) -> bool:
    """Tell whether there is anything to go on with: a choice at the first screen is no loss."""
    told = state.get("fields", {}).keys() - PRESET.keys()
    return state.get("node") not in (menu.start, *menu.starts.values()) and bool(told)
