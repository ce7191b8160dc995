"""The work of one step of a dialogue by voice: recordings may be refused, eight keys choose, last words are repeated.

Nine (say it again) never comes here: who carries the call repeats the page (:mod:`channels.dialogue.spoken`).
"""

from __future__ import annotations

from channels.dialogue.calls import AGENT_GIVES
from channels.dialogue.menu import MOST_SPOKEN_OPTIONS
from channels.dialogue.pages import BACK
from channels.dialogue.stepping import WRONG_INPUTS, Step, Way
from channels.dialogue.values import Call, Result, Turn, argument

#: the key for more choices, where there are too many for one page
FURTHER = str(MOST_SPOKEN_OPTIONS)
_AT_ONCE = MOST_SPOKEN_OPTIONS - 1
#: what a page of last words waits for: zero for the menu, anything else for the end
LAST = "last"


class VoicedStep(Step):
    """One step for somebody who listens. ``greeted`` in the state is the language in which they were; ``agreed``: they
    let themselves be recorded.
    """

    # what was keyed in

    def _heard(self, said: str) -> Turn | Call:
        node = self.node
        if node.kind == "agent":
            return self._show()  # who waits for a person is not asked anything here
        if "cut" not in self.state and node.kind == "show":
            return self._after_last(said)
        if self._asks_consent() and said in ("1", "2"):
            return self._consented(agrees=said == "1")
        if said == FURTHER and self._is_long():
            self.state.update(page=self.state["page"] + 1, wrong=0)
            return self._show()
        return super()._heard(said)

    def _typed(self, said: str) -> tuple[str, str] | None:
        return None if self._asks_consent() else super()._typed(said)

    def _consented(self, *, agrees: bool) -> Turn | Call:
        self.state["wrong"] = 0
        if not agrees:
            return self._go(self.menu.refuses or self.menu.rescue)
        self.state["agreed"] = True
        return self._turn("", ("record.tone",), "text")

    def _after_last(self, said: str) -> Turn | Call:
        """Go to the first screen, or end; what was pressed by mistake does not end it at once."""
        if said == BACK:
            self.state["fields"].pop("code", None)  # told once; it stays nowhere
            self.state["back"] = []
            return self._arrive(self.menu.start)
        if said:
            self.state["wrong"] += 1
        return self._ended() if not said or self.state["wrong"] >= WRONG_INPUTS else self._show(wrong=True)

    def _wrong(self) -> Turn | Call:
        """End where even the rescue is not answered: nobody may be at the telephone any more."""
        at_rescue = self.node.key == self.menu.rescue and "cut" not in self.state
        if at_rescue and self.state["wrong"] + 1 >= WRONG_INPUTS:
            return self._ended()
        return super()._wrong()

    def _ended(self) -> Turn:
        self.state["fields"].pop("code", None)
        return self._turn("", ("goodbye",), "")

    # moving on

    def _answered(self, result: Result) -> Turn | Call:
        node = self.node
        if node.kind != "agent":
            return super()._answered(result)
        given = {name: value for name, value in result.values.items() if name in AGENT_GIVES}
        self.state["fields"].update(given)
        return self._arrive(node.outcomes.get(result.outcome, node.outcomes["closed"]))

    # what is said

    def _show(self, *, wrong: bool = False) -> Turn:
        keys, node = self._keys(wrong=wrong), self.node
        if node.kind == "agent" and "department" in node.arguments:
            self.state["fields"]["department"] = argument(node.arguments["department"], self.state["fields"])
        self.state["greeted"] = self.state["language"]
        kind = "confirm" if self._asks_consent() else LAST if node.kind == "show" else node.kind
        return self._turn("", keys, "choice" if "cut" in self.state else kind)

    def _keys(self, *, wrong: bool = False) -> tuple[str, ...]:
        before = ("wrong",) if wrong else ()
        if not wrong and self.state.get("greeted") != self.state["language"]:
            before = ("hello",)
        if "cut" in self.state:
            return (*before, "cut")
        if self.node.kind != "text":
            return (*before, self.node.key)
        return (*before, self.node.key, *(("record.ask",) if self._asks_consent() else ("record.kept", "record.tone")))

    def _asks_consent(self) -> bool:
        return self.node.kind == "text" and "cut" not in self.state and not self.state.get("agreed")

    def _ways(self) -> list[Way]:
        if self._asks_consent():
            return [self._way("record.yes")._replace(key="1"), self._way("record.no")._replace(key="2")]
        if self.node.kind == "text" and "cut" not in self.state:
            return []
        every = super()._ways()
        if len(every) <= MOST_SPOKEN_OPTIONS:
            return [self._in_own_words(one) for one in every]
        first = self.state["page"] * _AT_ONCE % (-(-len(every) // _AT_ONCE) * _AT_ONCE)
        some = every[first : first + _AT_ONCE]
        numbered = [one._replace(key=str(number)) for number, one in enumerate(some, 1)]
        return [*numbered, self._way("more")._replace(key=FURTHER)]

    def _is_long(self) -> bool:
        return len(super()._ways()) > MOST_SPOKEN_OPTIONS

    def _in_own_words(self, one: Way) -> Way:
        """Offer a language in that language, where the menu has words for it."""
        has = ("offer", one.value) in self.menu.spoken and one.value in self.menu.languages
        return one._replace(text="offer", language=one.value) if self.node.call == "languages" and has else one

    def _own(self, key: str) -> str:
        text, _ = self.menu.said(key, self.state["language"])
        return text.format_map(self._values())
