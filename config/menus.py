"""Reads menus/<menu>.toml: the dialogues that USSD shows and a voice says, their steps and texts in each language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from channels.dialogue import lint
from channels.dialogue.lint import Walked
from channels.dialogue.menu import KINDS, SCREEN, VOICE, Condition, Menu, MenuText, Node, Option
from channels.dialogue.pages import Budget
from channels.settings import AccountSettings
from config.schema import Block


def read(
    blocks: Mapping[str, Block], *, default_language: str, languages: Sequence[str], allow_drafts: bool
) -> dict[str, Menu]:
    """Read the files of all menus, by name; what walking them shows is a fault of the file like any other."""
    found = {}
    for key, block in blocks.items():
        block.check_name(key)
        nodes = {name: _node(name, one) for name, one in _tables(block.table("nodes"))}
        start, rescue = block.text("start"), block.text("rescue")
        starts, refuses = _starts(block.table("starts")), block.text("refuses", "")
        texts, spoken = (_texts(block.table(one), default_language, languages) for one in ("texts", "spoken"))
        block.end()
        menu = found[key] = Menu(
            key, start, rescue, nodes, texts, default_language, allow_drafts, spoken, starts, refuses
        )
        for walked in lint.walk(menu):
            for where, what in walked.faults:
                block.fault(where if where.startswith(("texts.", "spoken.")) else f"nodes.{where}", what)
    return found


def check_accounts(accounts: Sequence[tuple[Block, AccountSettings]], menus: Mapping[str, Menu]) -> None:
    """Note every account whose menu is not there or does not fit its pages, or whose texts nobody would send."""
    channels = {account.id: account.channel for _, account in accounts}
    for block, account in accounts:
        name, sender = getattr(account, "menu", None), getattr(account, "answers_by", None)
        if name is not None and name not in menus:
            block.fault("menu", f"there is no menu {name!r}; one of {', '.join(sorted(menus)) or 'none: write one'}")
        elif name is not None and account.channel == "voice" and not menus[name].speaks:
            block.fault("menu", f"{name} does not speak; write what callers hear in its [spoken.<language>]")
        elif name is not None:
            for walked in walked_for(menus[name], account):
                for where, what in walked.faults:
                    block.fault("menu", f"{name}: {where}: {what}")
        if sender is not None and channels.get(sender) != "sms":
            texts = ", ".join(sorted(one for one, channel in channels.items() if channel == "sms")) or "none yet"
            block.fault("answers_by", f"{sender!r} is no SMS account; one of {texts}")


def walked_for(menu: Menu, account: AccountSettings) -> list[Walked]:
    """Walk a menu within the pages of an account; nothing where they are at least those that every menu is tried by."""
    usual, own = Budget(), budget_of(account)
    return [] if own.ascii >= usual.ascii and own.wide >= usual.wide else lint.walk(menu, budget=own)


def budget_of(account: AccountSettings) -> Budget:
    """Return how much an account's screen holds."""
    usual = Budget()
    return Budget(getattr(account, "page", usual.ascii), getattr(account, "page_wide", usual.wide))


def _tables(block: Block) -> list[tuple[str, Block]]:
    return [(name, block.table(name)) for name in block.names()]


def _starts(block: Block) -> dict[str, str]:
    for channel in block.names():
        if channel not in (SCREEN, VOICE):
            block.fault(channel, f"is no channel of dialogues; allowed: {SCREEN}, {VOICE}")
    return _plain(block)


def _node(key: str, block: Block) -> Node:
    node = Node(
        key,
        block.text("kind", allowed=KINDS),
        to=block.text("to", ""),
        save=block.text("save", ""),
        options=tuple(_option(one) for one in block.tables("options")),
        call=block.text("call", ""),
        arguments=_plain(block.table("arguments")),
        outcomes=_plain(block.table("outcomes")),
        other=block.text("other", ""),
        least=block.whole("least", 1, least=1),
        most=block.whole("most", 0, least=0),
        when=_conditions(block),
        otherwise=block.text("otherwise", ""),
    )
    block.end()
    return node


def _option(block: Block) -> Option:
    option = Option(block.text("text"), block.text("to"), block.text("value", ""), _conditions(block))
    block.end()
    return option


def _conditions(block: Block) -> tuple[Condition, ...]:
    found = []
    for one in block.tables("when"):
        field = one.text("field")
        if ("is" in one) == ("known" in one):
            one.fault("field", "is compared with one thing: write `is` with a text, or `known` with true or false")
        equals = one.text("is") if "is" in one else None
        found.append(Condition(field, equals, one.flag("known", default=True)))
        one.end()
    return tuple(found)


def _plain(block: Block) -> dict[str, str]:
    found = {name: block.text(name) for name in block.names()}
    block.end()
    return found


def _texts(block: Block, default_language: str, languages: Sequence[str]) -> dict[tuple[str, str], MenuText]:
    found = {}
    for language, own in _tables(block):
        if language not in languages:
            own.fault("(language)", f"is none of the city's; one of {', '.join(languages)}")
        draft = own.flag("draft", default=language != default_language)
        for key in own.names():
            if key != "draft":
                found[key, language] = MenuText(own.text(key), draft)
        own.end()
    block.end()
    return found
