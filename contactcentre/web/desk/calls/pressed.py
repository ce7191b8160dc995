"""What a caller chose in the menu, in words: a field's key and value as the labels that stood on the choices."""

from __future__ import annotations

from collections.abc import Mapping

from cases.departments import City
from channels.dialogue.menu import Menu, Node
from contactcentre.web.desk.calls import words
from contactcentre.web.formatting import words as plain

DEPARTMENT = "department"


def said(pressed: Mapping[str, str], menu: Menu | None, city: City) -> tuple[tuple[str, str], ...]:
    """Return what was chosen as pairs of words; what no choice is called is returned as it was entered."""
    nodes = tuple(menu.nodes.values()) if menu is not None else ()
    return tuple((plain(name), _value(name, value, nodes, menu, city)) for name, value in pressed.items())


def _value(name: str, value: str, nodes: tuple[Node, ...], menu: Menu | None, city: City) -> str:
    if name == DEPARTMENT:
        return words.queue_name(city, value)
    for node in (one for one in nodes if one.save == name):
        found = _listed(node, value, city) or _chosen(node, value, menu)
        if found:
            return found
    return value


def _listed(node: Node, value: str, city: City) -> str:
    """Return the name of what the house listed."""
    if node.call == "departments":
        return city.department_name(value) if value in city.departments else ""
    if node.call == "services":
        every = (one for department in city.departments.values() for one in department.services)
        return next((one.name for one in every if one.key == value), "")
    return ""


def _chosen(node: Node, value: str, menu: Menu | None) -> str:
    """Return the label of an option of the menu's own, in the city's default language: an agent reads it."""
    option = next((one for one in node.options if one.value == value), None)
    if option is None or menu is None:
        return ""
    try:
        return menu.text(option.text, menu.default_language)
    except LookupError:
        return ""
