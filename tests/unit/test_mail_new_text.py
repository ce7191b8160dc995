"""What is new in a mail, in the ways and languages in which mail programs quote."""

from __future__ import annotations

import pytest

from channels.email.html_text import text_of
from channels.email.new_text import new_text

NEW = "The pipe is still broken.\n\nAma"
OLD = "> We will come on Monday.\n> Regards"


@pytest.mark.parametrize(
    "header",
    [
        "On Mon, 2 Mar 2026 at 10:12, Desk <desk@example.gh> wrote:",
        "On Mon, 2 Mar 2026 at 10:12, The Very Long Named Desk of the Assembly\n<desk@example.gh> wrote:",
        "Le lun. 2 mars 2026 à 10:12, Desk <desk@example.gh> a écrit :",
        "Am 02.03.2026 um 10:12 schrieb Desk <desk@example.gh>:",
        "El lun, 2 mar 2026 a las 10:12, Desk (<desk@example.gh>) escribió:",
        "Em seg., 2 de mar. de 2026 às 10:12, Desk <desk@example.gh> escreveu:",
        "Op ma 2 mrt 2026 om 10:12 schreef Desk <desk@example.gh>:",
        "Il giorno lun 2 mar 2026 alle ore 10:12 Desk <desk@example.gh> ha scritto:",
        "2026-03-02 10:12 GMT+00:00 Desk <desk@example.gh>:",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "-----Message d'origine-----",
        "-------- Mensaje original --------",
        "-----Mensagem original-----",
        "-----Oorspronkelijk bericht-----",
        "-----Messaggio originale-----",
        "________________________________\nFrom: Desk <desk@example.gh>\nSent: Monday\nTo: Ama\nSubject: Pipe",
        "*From:* Desk\n*Sent:* Monday\n*To:* Ama\n*Subject:* Pipe",
        "Von: Desk\nGesendet: Montag\nAn: Ama\nBetreff: Rohr",
        "De : Desk\nEnvoyé : lundi\nÀ : Ama\nObjet : Tuyau",
        "De: Desk\nEnviado el: lunes\nPara: Ama\nAsunto: Tubo",
        "Van: Desk\nVerzonden: maandag\nAan: Ama\nOnderwerp: Buis",
        "Da: Desk\nInviato: lunedì\nA: Ama\nOggetto: Tubo",
        "",
    ],
)
def test_a_quote_below_is_set_aside(header: str) -> None:
    assert new_text(f"{NEW}\n\n{header}\n{OLD}\n") == NEW
    unmarked = OLD.replace("> ", "")
    if header:
        assert new_text(f"{NEW}\n\n{header}\n\n{unmarked}\n") == NEW


@pytest.mark.parametrize(
    "text",
    [
        "We ask three things:\n- a clinic\n- a road\n- a well\n\nYours faithfully,\nKofi\n\nPS the school too",
        "Dear Sir,\n\nBest regards to the Speaker. We ask for a clinic.",
        "First point\n--\nSecond point, as important",
        "Good day.\n\nOn the other hand he wrote:\nthat is not a quote",
        "On Monday I will come. My brother wrote: yes",
        "Good day.\n\nFrom: the whole village\nTo: you\nPlease help.",
        "Good day.\n\nDate: Monday\nPlace: the market\nWhat: a fire",
        "> all of it\n> is quoted",
        "It leaks.\n\n-- \nAma Mensah\nSent from my iPhone",
        "See https://example.com/on-1-may-he-wrote: there\nand here",
        "Begin of the matter:\n\n1. one\n2. two:",
    ],
)
def test_nothing_that_somebody_wrote_is_set_aside(text: str) -> None:
    assert new_text(text) == text


def test_answers_between_quotes_keep_what_they_answer() -> None:
    text = "On 2 Mar 2026, Desk wrote:\n> Which road?\n\nAdum Road.\n\n> Since when?\n\nSunday."
    assert new_text(f"{text}\n\n> Regards\n> Desk\n") == text


def test_an_answer_below_one_quote_stands_alone() -> None:
    assert new_text(f"On 2 Mar 2026, Desk <desk@example.gh> wrote:\n{OLD}\n\n{NEW}\n") == NEW


def test_a_signature_or_list_footer_below_the_quote_does_not_keep_it() -> None:
    assert new_text(f"{NEW}\n\n{OLD}\n\n-- \nAma\n") == NEW
    assert new_text(f"{NEW}\n\n{OLD}\n\n_______________\nwater mailing list\nhttps://lists.example.com\n") == NEW


@pytest.mark.parametrize(
    "html",
    [
        "<p>{}</p><div class='gmail_quote'><div>N'awɔtwe Desk:<br></div><blockquote>old</blockquote></div>",
        "<p>{}</p><div id=appendonsend></div><hr><div id=divRplyFwdMsg><b>From:</b> Desk</div><div>old</div>",
        "<p>{}</p><div class='x yahoo_quoted'>old</div>",
        "<p>{}</p><blockquote type=cite>old</blockquote>",
    ],
)
def test_quotes_of_html_mail(html: str) -> None:
    assert new_text(text_of(html.format("Still broken."))).strip(" -") == "Still broken."


def test_what_is_only_indented_is_no_quote() -> None:
    indented = "<p>Two wells:</p><blockquote style='margin:0 0 0 40px;border:none;padding:0'>one<br>two</blockquote>"
    assert new_text(text_of(indented)) == "Two wells:\n\none\ntwo"
