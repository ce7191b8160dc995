"""What a caller chose in the menu, as an agent reads it."""

from __future__ import annotations

from config import loader
from contactcentre.web.desk.calls import pressed
from tests.integration.dialling import SHIPPED


def test_choices_are_told_by_their_names_and_words_as_they_were_said() -> None:
    draft = loader.draft_with_menus(loader.read(SHIPPED))
    city, menu = draft.city, draft.menus["main"]
    department = next(iter(city.departments.values()))
    service = department.services[0]
    keyed = {
        "office": department.key,
        "department": "*",
        "service": service.key,
        "family": "complaint",
        "words": "Recorded message (0:12)",
        "score": "5",
    }
    assert pressed.said(keyed, menu, city) == (
        ("Office", department.name),
        ("Department", "General queue"),
        ("Service", service.name),
        ("Family", menu.text("kind.complaint", "en")),
        ("Words", "Recorded message (0:12)"),
        ("Score", menu.text("score.5", "en")),
    )


def test_what_the_menu_does_not_know_any_more_stands_as_it_is() -> None:
    draft = loader.draft_with_menus(loader.read(SHIPPED))
    keyed = {"office": "abolished", "gone": "x"}
    assert pressed.said(keyed, draft.menus["main"], draft.city) == (("Office", "abolished"), ("Gone", "x"))
    assert pressed.said({"family": "complaint"}, None, draft.city) == (("Family", "complaint"),)
