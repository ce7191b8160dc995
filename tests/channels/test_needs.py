"""What a gateway needs is told beside its class: every callback, every secret, and no key that the account lacks."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_type_hints

import pytest

from channels import registry
from channels.base import Converses, Receives, TakesCalls
from channels.needs import Needs, Step
from channels.settings import AccountSettings, Secret
from channels.sms.africastalking import AfricasTalkingSettings, AfricasTalkingSms
from channels.voice.values import EVENTS

EVERY = sorted(registry.discover())


def settings_of(settings_class: type[AccountSettings], **changes: Any) -> AccountSettings:
    """Return settings with a value for each key that must be there."""
    hints = get_type_hints(settings_class)
    values: dict[str, Any] = {
        one.name: Secret("file:x") if hints[one.name] is Secret else "x"
        for one in fields(settings_class)
        if hints[one.name] in (str, Secret)
    }
    return settings_class(**{**values, "read_secret": lambda secret: secret.reference, **changes})


def untold(channel: type[Any], needs: Needs) -> list[str]:
    """Return the callbacks and secrets that no step names, and what a step names that is not there."""
    built = channel(settings_of(channel.settings_class))
    events = {"session"} if isinstance(built, Converses) else set()
    events |= set(EVENTS) if isinstance(built, TakesCalls) else set()
    events |= {route.event for route in built.routes()} if isinstance(built, Receives) else set()
    hints = get_type_hints(channel.settings_class)
    secrets = {name for name, hint in hints.items() if "Secret" in str(hint) and name != "read_secret"}
    told_events = [one.event for one in needs.steps if one.event]
    told_keys = {key for one in needs.steps for key in one.keys}
    faults = [f"{event}: in no step" for event in events - set(told_events)]
    faults += [f"{event}: no callback" for event in set(told_events) - events]
    faults += [f"{event}: twice" for event in set(told_events) if told_events.count(event) > 1]
    faults += [f"{key}: in no step" for key in secrets - {"hook_secret"} - told_keys]
    return faults + [f"{key}: no key of the account" for key in told_keys - set(hints)]


@pytest.mark.parametrize("key", EVERY, ids="-".join)
def test_every_gateway_says_what_it_needs(key: tuple[str, str]) -> None:
    channel = registry.discover()[key]
    assert untold(channel, channel.needs) == []
    sentences = [one.text for one in channel.needs.steps] + [channel.needs.trust, *channel.needs.limits]
    assert all(one[0].isupper() and one.endswith(".") for one in sentences)


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ((Step("A.", event="incoming"), Step("B.", event="delivery")), "optout: in no step"),
        ((Step("A.", event="incoming"),) * 2, "incoming: twice"),
        ((Step("A.", event="session"),), "session: no callback"),
        ((Step("A.", keys=("username",)),), "api_key: in no step"),
        ((Step("A.", keys=("token",)),), "token: no key of the account"),
    ],
)
def test_what_is_left_out_is_noticed(steps: tuple[Step, ...], fault: str) -> None:
    assert fault in untold(AfricasTalkingSms, Needs("x", steps, "Y."))


def test_an_account_of_the_sandbox_reaches_nobody() -> None:
    for username, rehearses in (("sandbox", True), ("town", False)):
        made = settings_of(AfricasTalkingSettings, username=username)
        assert isinstance(made, AfricasTalkingSettings)
        assert AfricasTalkingSms(made).rehearses is rehearses
