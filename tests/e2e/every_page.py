"""Every page there is, who reads it, and the states of a page that are not at an address of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NOBODY = ""
#: has given the password, and is asked for a code
TWO_STEPS = "two-steps"
#: sees the most of the desk; sees the administration; reads the log of reads; writes articles; sees figures alone
LEADS, RUNS, AUDITS, EDITS, ELECTED = "supervisor", "administrator", "auditor", "editor", "assembly-member"
WORKS, CLERK, OFFICER = "agent", "counter-clerk", "field-officer"
CASE = "/desk/cases/{reference}"
Steps = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Visit:
    """One page as one person sees it. ``address`` has the names of a furnished city; ``steps`` make a state."""

    who: str
    address: str
    status: int = 200
    steps: Steps | None = None
    state: str = ""
    #: what a state changes of a page that is looked at anyway
    within: str | None = None

    @property
    def name(self) -> str:
        return f"{self.address}{f' ({self.state})' if self.state else ''} as {self.who or 'nobody'}"


def _of(address: str, *people: str, status: int = 200) -> tuple[Visit, ...]:
    return tuple(Visit(who, address, status) for who in people)


#: each address that answers with a page, by its rule
PAGES: dict[str, tuple[Visit, ...]] = {
    "/login": _of("/login", NOBODY),
    "/login/code": _of("/login/code", NOBODY),
    "/welcome/<token>": _of("/welcome/{token}", NOBODY),
    "/account": _of("/account", LEADS, RUNS, AUDITS, EDITS, ELECTED, WORKS),
    "/account/password": _of("/account/password", LEADS),
    "/account/second-factor": _of("/account/second-factor", LEADS),
    "/account/sessions": _of("/account/sessions", LEADS),
    "/admin/accounts": _of("/admin/accounts", RUNS),
    "/admin/accounts/<account>": _of("/admin/accounts/{account}", RUNS),
    "/admin/clinic": _of("/admin/clinic", RUNS, LEADS, AUDITS),
    "/admin/configuration": _of("/admin/configuration", RUNS),
    "/admin/configuration/department": _of("/admin/configuration/department?department=kites&name=Kites", RUNS),
    "/admin/configuration/drafts/<int:number>": _of("/admin/configuration/drafts/{number}", "admin"),
    "/admin/configuration/file": _of("/admin/configuration/file?name={file}", RUNS),
    "/admin/holidays": _of("/admin/holidays", RUNS),
    "/admin/holidays/day": _of("/admin/holidays/day?day={day}", RUNS),
    "/admin/people": _of("/admin/people", RUNS),
    "/admin/people/<int:agent_id>": _of("/admin/people/{person}", RUNS),
    "/admin/people/import": _of("/admin/people/import", RUNS),
    "/admin/people/import/<int:import_id>": _of("/admin/people/import/{import_id}", "admin"),
    "/admin/people/new": _of("/admin/people/new", RUNS),
    "/admin/prompts": _of("/admin/prompts", RUNS),
    "/admin/prompts/text": _of("/admin/prompts/text?menu=main&language=en&text=hello%2F1", RUNS),
    "/admin/reads": _of("/admin/reads", RUNS, AUDITS),
    "/admin/setup": _of("/admin/setup", RUNS),
    "/admin/try": _of("/admin/try?text=The+gutter+at+Effia+is+choked", RUNS),
    "/admin/versions": _of("/admin/versions", RUNS),
    "/admin/versions/<int:number>": _of("/admin/versions/{version}", RUNS),
    "/admin/versions/compare": _of("/admin/versions/compare?from={version}&to={version}", RUNS),
    "/api/docs": _of("/api/docs", NOBODY),
    "/api/docs/<call>": _of("/api/docs/list_cases", NOBODY),
    "/board": (
        *_of("/board", LEADS, AUDITS, "executive"),
        *_of("/board?department=works", LEADS),
        *_of("/board?layout={layout}", LEADS),
    ),
    "/board/agents": (*_of("/board/agents", LEADS, "executive"), *_of("/board/agents?state=away", LEADS)),
    "/board/calls": (*_of("/board/calls", LEADS), *_of("/board/calls?which=offered", LEADS)),
    "/board/layouts": _of("/board/layouts", LEADS, "executive"),
    "/board/layouts/<int:layout_id>": _of("/board/layouts/{layout}", LEADS, "executive"),
    "/board/meanings": _of("/board/meanings", LEADS),
    "/board/area": (*_of("/board/area", ELECTED), *_of("/board/area?row={published}", "araba")),
    "/board/executive": _of("/board/executive", "executive", LEADS, AUDITS),
    "/board/forecast": (*_of("/board/forecast", LEADS), *_of("/board/forecast?department=works", LEADS)),
    "/board/notes": (
        *_of("/board/notes", LEADS),
        *_of("/board/notes?try=yes&department=works&text=The+crew+is+out&until={until}", LEADS),
    ),
    "/board/parked": _of("/board/parked", LEADS),
    "/board/reviews": _of("/board/reviews?department=works", LEADS),
    "/board/reviews/<int:sample_id>": _of("/board/reviews/{sample}", LEADS),
    "/board/reviews/cases/<int:review_id>": _of("/board/reviews/cases/{review}", LEADS),
    "/board/rota": _of("/board/rota?department=works", LEADS),
    "/board/reports": _of("/board/reports", LEADS),
    "/board/reports/<name>": (
        *_of("/board/reports/promises", LEADS),
        *_of("/board/reports/waiting?by=area", LEADS),
        *_of("/board/reports/channels", LEADS, "executive"),
        *_of("/board/reports/equity", LEADS),
    ),
    "/board/reports/rows": _of("/board/reports/rows?report=waiting&measure=opened", LEADS),
    "/desk": (
        *_of("/desk?board=open&within=works,tray", LEADS),
        *_of("/desk", LEADS, WORKS, CLERK, OFFICER, AUDITS, "information-officer", "prcc-member", "executive"),
        *_of("/desk?view=all&q=gutter", LEADS),
        *_of("/desk?q=nothinglikeit", LEADS),
        *_of("/desk?view=overdue&department=works", LEADS),
    ),
    "/desk/bulk": _of("/desk/bulk?action=priority&set_priority=high&try=yes&{picked}", LEADS),
    "/desk/bulk/<int:run_id>": _of("/desk/bulk/{run_id}", "yaw"),
    "/desk/calls": (
        *_of("/desk/calls", LEADS, WORKS, CLERK, AUDITS),
        *_of("/desk/calls?which=flash", LEADS),
    ),
    "/desk/calls/<int:call_id>": (*_of("/desk/calls/{call}", LEADS, CLERK), *_of("/desk/calls/{spoken}", LEADS)),
    "/desk/calls/flags": _of("/desk/calls/flags", LEADS),
    "/desk/cases/<reference>": (
        *_of(CASE, LEADS, CLERK, OFFICER, AUDITS, "executive"),
        *_of("/desk/cases/{hidden}", LEADS, status=403),
        *_of("/desk/cases/{incident}", LEADS),
        *_of("/desk/cases/{mail}", LEADS),
        *_of("/desk/cases/{survivor}", LEADS),
        *_of("/desk/cases/{resolved}", LEADS),
        *_of("/desk/cases/{lettered}", LEADS),
    ),
    "/desk/cases/<reference>/about": _of("/desk/cases/{conduct}/about", "prcc-member"),
    "/desk/cases/<reference>/choose": _of(f"{CASE}/choose", LEADS),
    "/desk/cases/<reference>/incident": _of("/desk/cases/{incident}/incident", LEADS),
    "/desk/cases/<reference>/macros/<key>": _of(f"{CASE}/macros/{{key}}", LEADS),
    "/desk/cases/<reference>/mail/<int:message_id>": _of("/desk/cases/{mail}/mail/{mail_id}", LEADS),
    "/desk/cases/<reference>/merge": _of(f"{CASE}/merge?find=lamp", LEADS),
    "/desk/cases/<reference>/messages/<int:message_id>/refile": _of(f"{CASE}/messages/{{message_id}}/refile", LEADS),
    "/desk/cases/<reference>/related": _of("/desk/cases/{incident}/related", LEADS),
    "/desk/cases/<reference>/split": _of(f"{CASE}/split", LEADS),
    "/desk/citizens/<int:citizen_id>": (
        *_of("/desk/citizens/{citizen_id}", LEADS),
        *_of("/desk/citizens/{citizen_id}", "kofi", status=403),
    ),
    "/desk/field": (*_of("/desk/field", OFFICER, LEADS), *_of("/desk/field?view=map", OFFICER)),
    "/desk/field/<int:task_id>": _of("/desk/field/{job}", OFFICER, WORKS),
    "/desk/field/shell": _of("/desk/field/shell", NOBODY),
    "/desk/figures": _of("/desk/figures", LEADS, AUDITS, "executive"),
    "/desk/keys": _of("/desk/keys", LEADS),
    "/desk/knowledge": _of("/desk/knowledge", LEADS, EDITS, ELECTED),
    "/desk/knowledge/<int:article_id>": _of("/desk/knowledge/{article_id}", LEADS, WORKS),
    "/desk/knowledge/<int:article_id>/edit": _of("/desk/knowledge/{article_id}/edit", EDITS),
    "/desk/knowledge/new": _of("/desk/knowledge/new", EDITS),
    "/desk/letters": _of("/desk/letters", LEADS, WORKS, CLERK),
    "/desk/letters/<register_number>": (*_of("/desk/letters/{letter}", LEADS), *_of("/desk/letters/{keyed}", LEADS)),
    "/desk/letters/<register_number>/pages": _of("/desk/letters/{keyed}/pages", LEADS, AUDITS),
    "/desk/letters/register": _of("/desk/letters/register?q=traders", LEADS),
    "/desk/letters/scans/<int:scan_id>": _of("/desk/letters/scans/{held}", LEADS),
    "/desk/letters/covers": _of("/desk/letters/covers", LEADS, CLERK),
    "/desk/letters/out": (
        *_of("/desk/letters/out", LEADS, CLERK),
        *_of("/desk/letters/out?state=printed&batch={batch}", LEADS),
        *_of("/desk/letters/out?state=printed", LEADS),
        *_of("/desk/letters/out?state=posted", LEADS),
        *_of("/desk/letters/out?state=returned", LEADS),
    ),
    "/desk/notices": _of("/desk/notices", LEADS, "esi"),
    "/desk/people/<int:agent_id>": _of("/desk/people/{agent_id}", LEADS),
    "/desk/people/<int:agent_id>/handover": _of("/desk/people/{agent_id}/handover", LEADS),
    "/desk/people/me": _of("/desk/people/me", LEADS, WORKS, RUNS),
    "/desk/snoozed": _of("/desk/snoozed", LEADS),
    "/desk/tour": _of("/desk/tour", LEADS),
    "/desk/views": _of("/desk/views", "yaw"),
    "/simulator": (*_of("/simulator", NOBODY), *_of("/simulator/mail", NOBODY), *_of("/simulator/scanner", NOBODY)),
}
#: addresses that answer with something else: why
NO_PAGES = {
    "/board/now": "the numbers of a board's page",
    "/": "sends on to the room of whoever asks",
    "/admin": "sends on to the first room",
    "/admin/accounts/<account>/trials": "a part of the account's page",
    "/admin/configuration/drafts/<int:number>.diff": "a file",
    "/admin/people/import/sample.csv": "a file",
    "/admin/versions/<int:number>.zip": "a file",
    "/admin/versions/compare.diff": "a file",
    "/board/reports/<name>.csv": "a file",
    "/board/reports/rows.csv": "a file",
    "/desk/cases/<reference>/mail/<int:message_id>/original": "a file",
    "/desk/cases/<reference>/mail/<int:message_id>/page": "a stranger's own page, looked at in its frame",
    "/desk/cases/<reference>/names": "a part of the composer, looked at in its state",
    "/desk/calls/line": "a part of every page, looked at in its states",
    "/desk/calls/strip": "a part of the page of calls, and values for scripts",
    "/desk/files/<int:attachment_id>/sound": "a sound",
    "/desk/recordings/<int:recording_id>": "a sound",
    "/desk/changes": "an answer for scripts",
    "/desk/field/jobs": "what a phone keeps of the field page",
    "/desk/field/worker.js": "a script",
    "/desk/figures.csv": "a file",
    "/desk/letters/batches/<int:batch_id>.pdf": "a file",
    "/desk/letters/covers.pdf": "a file",
    "/desk/letters/out/<int:letter_id>.pdf": "a file",
    "/desk/files/<int:attachment_id>": "a file",
    "/desk/files/<int:attachment_id>/preview": "a picture",
    "/desk/letters/<register_number>/pages/<int:page>": "a picture",
    "/desk/letters/scans/<int:scan_id>/pages/<int:page>": "a picture",
    "/prompts/<name>": "a sound",
    "/health": "an answer for machines",
    "/health/live": "an answer for machines",
    "/hooks/<account>/<secret>/<event>": "an answer for gateways",
    "/metrics": "an answer for machines",
    "/simulator/<path:path>": "the mailbox page, looked at as one of the simulator, and answers of scripts and files",
}


def _replying(page: Any) -> None:
    page.fill("#reply-text", "Our crew opens the drain tomorrow morning. Please keep the children away from it “now”.")


def _opened(selector: str) -> Steps:
    """Open everything of a kind, one after the other, so that all of it is there to be looked at."""
    return lambda page: page.eval_on_selector_all(selector, "all => all.forEach((one) => { one.open = true })")


def _pressed(key: str, then: str) -> Steps:
    def steps(page: Any) -> None:
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press(key)
        page.wait_for_selector(then, state="visible")

    return steps


def choosing(page: Any) -> None:
    """Open what can be chosen instead of written."""
    page.click("#chooser > summary")
    page.wait_for_selector("#chooser .offered")


def _names(page: Any) -> None:
    page.locator("[data-compose=note]").click()
    page.locator("#note-text").press_sequentially("Please look, @es")
    page.wait_for_selector("[role=listbox] [role=option]")


def _selected(page: Any) -> None:
    for number in (0, 1):
        page.locator(".pick input").nth(number).check(force=True)
    page.wait_for_selector(".bulkbar.shown")


def _wrong_password(page: Any) -> None:
    page.get_by_label("User name").fill("nobody-of-this-name")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    page.wait_for_selector(".error")


def _related(page: Any) -> None:
    page.click(".related summary")
    page.wait_for_selector(".related .loaded form")


def _doubtful(page: Any) -> None:
    for _ in range(3):
        page.keyboard.press("F8")
    page.wait_for_selector(".marked mark.at")


def line_shown(page: Any) -> None:
    """Wait for the card of the call that goes on."""
    page.wait_for_selector("#own-line .call-card")


def _standing_still(page: Any) -> None:
    """Let the board have had no answer for an hour, by the browser's own clock."""
    page.route("**/board/now*", lambda route: route.fulfill(status=204))
    page.evaluate("document.querySelector('.numbers').dataset.known = new Date(Date.now() - 36e5).toISOString()")
    page.wait_for_selector(".numbers.frozen .standstill", state="visible")


def calling(page: Any) -> None:
    """Call a line with the simulator's telephone, and hear the menu."""
    narrow = page.get_by_role("button", name="Telephone", exact=True)
    if narrow.is_visible():
        narrow.click()
    page.get_by_role("button", name="Speak aloud").click()  # nobody listens
    page.get_by_role("button", name="Call", exact=True).click()
    page.locator("#call-said").get_by_text("report a problem").first.wait_for()


def hung_up(page: Any) -> None:
    """End the call of the telephone."""
    page.get_by_role("button", name="Hang up", exact=True).click()


def _jobs_opened(page: Any) -> None:
    page.wait_for_selector("body[data-ready=yes] #line[data-state=online]")
    _opened(".job:first-of-type .doing")(page)


def _nothing(_page: Any) -> None:
    """The address itself brings the page into this state."""


def _other_tab(kind: str) -> Steps:
    return lambda page: page.locator(f"[data-compose={kind}]").click()


def _state(state: str, steps: Steps, *, address: str = CASE, within: str = "#open") -> Visit:
    return Visit(LEADS, address, 200, steps, state, within)


def _menu(number: int) -> Steps:
    return _opened(f".case-head .acts > .menu:nth-of-type({number})")


#: states that people reach on a page, and pages that say that something does not go
STATES: tuple[Visit, ...] = (
    Visit(NOBODY, "/login", 200, _wrong_password, "refused"),
    Visit(TWO_STEPS, "/login/code", 200, None, "asked for a code"),
    Visit(LEADS, "/desk/cases/0000-0000", 404),
    Visit(WORKS, "/admin/people", 403),
    Visit(LEADS, "/desk/figures?from=nonsense", 422),
    Visit(LEADS, "/board", 200, _standing_still, "standing still"),
    Visit(LEADS, "/board/reports/promises?from=nonsense", 422),
    _state("answer written", _replying),
    _state("note", _other_tab("note")),
    _state("naming a colleague", _names),
    _state("call or visit", _other_tab("contact")),
    _state("choosing a text", choosing),
    _state("all opened", _opened(".timer, .why, .doing, .past, .menu.up")),
    _state("related opened", _related),
    *(_state(f"act {number}", _menu(number)) for number in (1, 2, 3, 4)),
    _state("facts", _nothing, address=f"{CASE}#facts"),
    _state("all opened", _opened("details"), address="/board/forecast?department=works", within="#main"),
    _state("all opened", _opened("details"), address="/board/rota?department=works", within="#main"),
    _state("all opened", _opened(".menu"), address="/desk/letters/{letter}", within="#main"),
    _state("at a doubtful word", _doubtful, address="/desk/letters/{letter}", within="#main"),
    _state("set aside", _opened(".menu"), address="/desk/letters/scans/{held}", within="#main"),
    Visit(OFFICER, "/desk/field", 200, _jobs_opened, "forms opened"),
    Visit("esi", "/desk", 200, line_shown, "telephone rings", "#own-line"),
    Visit("kofi", "/desk", 200, line_shown, "talking on the telephone", "#own-line"),
    Visit("yaw", "/desk", 200, line_shown, "wrapping a call up", "#own-line"),
    Visit("yaw", "/desk/calls/{call}", 200, None, "with the own line"),
    Visit(NOBODY, "/simulator", 200, calling, "a telephone calls", "#telephone"),
    _state("palette", _pressed("Control+k", "dialog[open]"), within="dialog[open]"),
    _state("keys", _pressed("?", "dialog[open]"), within="dialog[open]"),
    _state("narrowing", _opened("#narrow"), address="/desk", within="#queue"),
    _state("saved views", _opened("#saved-views"), address="/desk?q=gutter", within="#queue"),
    _state("selected", _selected, address="/desk", within="#queue"),
)
