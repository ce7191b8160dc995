"""What is wrong with a menu's nodes, before anybody walks it: ways that lead nowhere, calls that are not known."""

from __future__ import annotations

from collections.abc import Iterator

from channels.dialogue.calls import AGENT_GIVES, AGENT_OUTCOMES, CALLS, FACTS, PRESET
from channels.dialogue.menu import (
    ASKING,
    MOST_OPTIONS,
    MOST_SPOKEN_OPTIONS,
    VOICE,
    Menu,
    Node,
)
from channels.dialogue.stepping import SHOWN

#: where something is wrong (a node's key, or a text's with its language), and what
Fault = tuple[str, str]


def of_nodes(menu: Menu) -> Iterator[Fault]:
    """Yield every fault of the nodes and the ways between them."""
    for key, node in menu.nodes.items():
        yield from ((key, what) for what in _of_node(menu, node))
    for name, way in _named(menu):
        if way not in menu.nodes:
            yield name, f"there is no node {way!r}"
    by_channel = {channel: menu.reached(channel) for channel in menu.channels}
    reached = frozenset[str]().union(*by_channel.values())
    yield from ((key, "is never reached; remove it or lead somewhere to it") for key in menu.nodes.keys() - reached)
    for channel, keys in by_channel.items():
        for key in keys:
            if not any(menu.nodes[one].kind in ("show", "agent") for one in _reached(menu, key, channel)):
                yield key, "is a dead end: no way from it leads to a last screen"
            yield from ((key, what) for what in _of_options(menu.nodes[key], channel))
    yield from _circles(menu)


def _named(menu: Menu) -> Iterator[tuple[str, str]]:
    """Yield the nodes that the menu itself names, each with the name of its key."""
    yield from (("start", menu.start), ("rescue", menu.rescue))
    yield from ((f"starts.{channel}", way) for channel, way in menu.starts.items())
    if menu.refuses:
        yield "refuses", menu.refuses


def _of_options(node: Node, channel: str) -> Iterator[str]:
    if node.kind != "choice":
        return
    options = [one for one in node.options if one.offered_on(channel)]
    if not any(one.always for one in options):
        yield "may offer nothing; give it one option without a condition"
    most = MOST_SPOKEN_OPTIONS if channel == VOICE else MOST_OPTIONS
    if len(options) > most:
        where = ", by voice nine says it again" if channel == VOICE else ""
        yield f"has {len(options)} options; at most {most}{where}, lead on to another node for more"


def _of_node(menu: Menu, node: Node) -> Iterator[str]:
    for way in node.ways:
        if way not in menu.nodes:
            yield f"leads to {way!r}, and there is no such node"
    if node.kind == "choice" and not node.options:
        yield "offers nothing; write options"
    if node.kind in ("text", "number", "date", "reference", "code", "pick", "confirm", "decide") and not node.to:
        yield "is a dead end; say with `to` where it leads"
    if node.kind in ("confirm", "decide") and not node.otherwise:
        yield "is a dead end where the answer is no; say with `otherwise` where it leads"
    if node.kind in ("text", "number", "date", "reference", "code", "pick") and not node.save:
        yield "forgets the answer; name with `save` the field that it goes to"
    if node.kind == "number" and node.least < 1:
        yield "takes 0, which means back; begin with 1"
    if node.kind in ("call", "pick"):
        yield from _of_call(menu, node)
    if node.kind == "agent":
        yield from _of_agent(node)
        yield from _unfilled(menu, node)


def _of_agent(node: Node) -> Iterator[str]:
    if "closed" not in node.outcomes:
        yield "has no way for the outcome 'closed': where callers go while nobody is there"
    for outcome in sorted(node.outcomes.keys() - AGENT_OUTCOMES):
        yield f"{outcome!r} is no outcome of an agent; allowed: {', '.join(sorted(AGENT_OUTCOMES))}"
    for name in sorted(node.arguments.keys() - {"department"}):
        yield f"{name!r} is no argument of an agent; allowed: department"


def _of_call(menu: Menu, node: Node) -> Iterator[str]:
    shape = CALLS.get(node.call)
    if shape is None or shape.lists != (node.kind == "pick"):
        allowed = sorted(name for name, one in CALLS.items() if one.lists == (node.kind == "pick"))
        yield f"{node.call!r} is no call of a {node.kind}; allowed: {', '.join(allowed)}"
        return
    wanted = shape.outcomes - ({"some"} if node.kind == "pick" else set())
    for outcome in sorted(wanted - node.outcomes.keys()):
        yield f"has no way for the outcome {outcome!r} of {node.call}"
    for outcome in sorted(node.outcomes.keys() - wanted):
        yield f"{outcome!r} is no outcome of {node.call}; allowed: {', '.join(sorted(wanted)) or 'none'}"
    for name in sorted(shape.needs - node.arguments.keys()):
        yield f"{node.call} needs the argument {name!r}"
    for name in sorted(node.arguments.keys() - shape.needs - shape.may):
        yield f"{name!r} is no argument of {node.call}; allowed: {', '.join(sorted(shape.needs | shape.may)) or 'none'}"
    yield from _unfilled(menu, node)


def _unfilled(menu: Menu, node: Node) -> Iterator[str]:
    for value in node.arguments.values():
        if value.startswith("$") and value[1:] not in fields_of(menu):
            yield f"{value} is a field that no node fills"


def fields_of(menu: Menu) -> dict[str, int]:
    """Return every field that a menu may fill, with the longest value that a screen shows of it."""
    found = {**FACTS, **PRESET, **AGENT_GIVES}
    for node in menu.nodes.values():
        if node.save:
            found[node.save] = max(found.get(node.save, 0), SHOWN)
        if node.call in CALLS:
            found |= {name: max(found.get(name, 0), size) for name, size in CALLS[node.call].gives.items()}
    return found


def _reached(menu: Menu, start: str, channel: str) -> Iterator[str]:
    seen, todo = {start}, [start]
    while todo:
        key = todo.pop()
        if key not in menu.nodes:
            continue
        yield key
        new = set(menu.nodes[key].ways_on(channel)) - seen
        seen |= new
        todo += new


def _circles(menu: Menu) -> Iterator[Fault]:
    """Yield the nodes from which nobody is asked anything before the same node comes again."""
    silent = {key: node for key, node in menu.nodes.items() if node.kind not in (*ASKING, "show", "agent")}
    for key, node in silent.items():
        seen: set[str] = set()
        todo = [*node.ways]
        while todo:
            one = todo.pop()
            if one == key:
                yield key, "leads back to itself without asking anything"
                break
            if one in silent and one not in seen:
                seen.add(one)
                todo += silent[one].ways
