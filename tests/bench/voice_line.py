"""The bench's wiring of calls: the city of the folder, with the tests' line added to its accounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from cases.calls.terms import Calls
from cases.departments import Account, City
from channels.dialogue.menu import Menu
from channels.settings import AccountSettings, Secret
from contactcentre.container import Container
from tests.calls.centre import ACCOUNT, menu
from tests.calls.line import OURS, Line


class Lined(Container):
    """A container whose city has one line more. As many may wait as like."""

    @cached_property
    def _line(self) -> Line:
        return Line()

    @cached_property
    def _spoken(self) -> dict[str, Menu]:
        return {"spoken": menu()}

    @property
    def city(self) -> City:
        """The folder's city, its line answered by the account of texts that the tests know."""
        found = super().city
        texts = next(one.id for one in found.accounts.values() if one.channel == "sms")
        line = Account(ACCOUNT, "voice", "plain", OURS, None, answers_by=texts)
        return replace(found, accounts={**found.accounts, ACCOUNT: line}, calls=Calls(most_waiting=1000))

    @property
    def account_settings(self) -> Mapping[str, AccountSettings]:
        """The folder's accounts and the line, which has the secret of the first."""
        line = AccountSettings(
            id=ACCOUNT,
            channel="voice",
            gateway="plain",
            address=OURS,
            hook_secret=Secret("file:sms-front-hook"),
            read_secret=self.read_secret,
        )
        return {**super().account_settings, ACCOUNT: line}

    @property
    def menus(self) -> Mapping[str, Menu]:
        """The tests' menu."""
        return self._spoken

    @property
    def accounts(self) -> Mapping[str, Any]:
        """The line alone: nothing else is called here."""
        return {ACCOUNT: self._line}
