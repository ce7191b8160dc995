"""What is wrong with a menu's nodes, before anybody walks it: ways that lead nowhere, calls that are not known."""

from __future__ import annotations

from collections.abc import Iterator

from channels.dialogue.calls import CALLS, FACTS
from channels.dialogue.engine import SHOWN
from channels.dialogue.menu import ASKING, MOST_OPTIONS, Menu, Node

#: where something is wrong (a node's key, or a text's with its language), and what
Fault = tuple[str, str]


def of_nodes(menu: Menu) -> Iterator[Fault]:
    """Yield every fault of the nodes and the ways between them."""
    for key, node in menu.nodes.items():
        yield from ((key, what) for what in _of_node(menu, node))
    for name in ("start", "rescue"):
        if getattr(menu, name) not in menu.nodes:
            yield name, f"there is no node {getattr(menu, name)!r}"
    reached = set(_reached(menu, menu.start)) | set(_reached(menu, menu.rescue))
    yield from ((key, "is never reached; remove it or lead somewhere to it") for key in menu.nodes.keys() - reached)
    for key in reached:
        if not any(menu.nodes[one].kind == "show" for one in _reached(menu, key)):
            yield key, "is a dead end: no way from it leads to a last screen"
    yield from _circles(menu)


def _of_node(menu: Menu, node: Node) -> Iterator[str]:
    for way in node.ways:
        if way not in menu.nodes:
            yield f"leads to {way!r}, and there is no such node"
    if node.kind == "choice" and not node.options:
        yield "offers nothing; write options"
    if node.kind == "choice" and all(one.when for one in node.options) and node.options:
        yield "may offer nothing; give it one option without a condition"
    if len(node.options) > MOST_OPTIONS:
        yield f"has {len(node.options)} options; at most {MOST_OPTIONS}, lead on to another node for more"
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
    for value in node.arguments.values():
        if value.startswith("$") and value[1:] not in fields_of(menu):
            yield f"{value} is a field that no node fills"


def fields_of(menu: Menu) -> dict[str, int]:
    """Return every field that a menu may fill, with the longest value that a screen shows of it."""
    found = dict(FACTS)
    for node in menu.nodes.values():
        if node.save:
            found[node.save] = max(found.get(node.save, 0), SHOWN)
        if node.call in CALLS:
            found |= {name: max(found.get(name, 0), size) for name, size in CALLS[node.call].gives.items()}
    return found


def _reached(menu: Menu, start: str) -> Iterator[str]:
    seen, todo = {start}, [start]
    while todo:
        key = todo.pop()
        if key not in menu.nodes:
            continue
        yield key
        new = set(menu.nodes[key].ways) - seen
        seen |= new
        todo += new


def _circles(menu: Menu) -> Iterator[Fault]:
    """Yield the nodes from which nobody is asked anything before the same node comes again."""
    silent = {key: node for key, node in menu.nodes.items() if node.kind not in ASKING and node.kind != "show"}
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
