"""An officer's phone in a real browser: jobs, acts, and a network that is there or not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.e2e.chromium import CHROMIUM, FLAGS
from tests.web.conftest import PASSWORD

SCREEN = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
PATIENCE = 20_000
WAITS = "#line [data-waits]"


class FieldPhone:
    """One phone; what went wrong on its page is remembered."""

    def __init__(self, context: Any, site: str) -> None:
        self.context, self.site, self.faults = context, site, list[str]()
        self.page = context.pages[0] if context.pages else context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._note)

    def logs_in(self, username: str) -> None:
        self.page.goto(f"{self.site}/login?next=/desk/field")
        self.page.fill("#username", username)
        self.page.fill("#password", PASSWORD)
        self.page.press("#password", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)
        self.is_ready()

    def is_ready(self) -> None:
        """Wait until the page has drawn what it keeps, and the worker that shows it off line is there."""
        self.page.wait_for_selector("body[data-ready=yes]")
        self.page.evaluate("navigator.serviceWorker.ready.then(() => true)")

    def goes_offline(self) -> None:
        self.context.set_offline(True)
        self.page.wait_for_selector("#line[data-state=offline]")

    def comes_back(self) -> None:
        self.context.set_offline(False)

    def reloads(self) -> None:
        self.page.reload()
        self.page.wait_for_selector("body[data-ready=yes]")

    def job(self, task: int) -> Any:
        return self.page.locator(f"#job-{task}")

    def does(self, task: int, kind: str, **fields: str) -> None:
        """Fill in one of the forms of a job and send it."""
        job = self.job(task)
        form = job.locator(f"form[data-kind={kind}]")
        if kind != "on_my_way":
            job.locator(f"details[data-of={kind}] > summary").click()
        for name, value in fields.items():
            found = form.locator(f"[name={name}]")
            if name == "reason":
                found.select_option(value)
            elif name == "moment":
                form.locator(f"[name=moment][value={value}]").check()
            else:
                found.fill(value)
        form.locator("button").last.click()

    def photographs(self, task: int, file: Path, *, moment: str, words: str = "") -> None:
        form = self.job(task).locator("form[data-kind=photo]")
        self.job(task).locator("details[data-of=photo] > summary").click()
        form.locator("[name=photo]").set_input_files(file)
        form.locator(f"[name=moment][value={moment}]").check()
        form.locator("[name=words]").fill(words)
        form.locator("button").last.click()

    def awaits(self, words: str) -> None:
        """Wait until the badge says this of what waits."""
        self.page.locator(WAITS, has_text=re.compile(words)).wait_for()

    def kept(self) -> list[dict[str, Any]]:
        """Return the acts that are kept in the browser, of whomever they are."""
        found: list[dict[str, Any]] = self.page.evaluate(_ACTS)
        return found

    def jobs_kept(self) -> list[int]:
        """Return the agents of whom jobs are kept in the browser."""
        found: list[int] = self.page.evaluate(_JOBS)
        return found

    def closes(self) -> None:
        self.context.close()

    def _note(self, message: Any) -> None:
        # The browser notes each request that a cut line took.
        if message.type == "error" and "ERR_INTERNET_DISCONNECTED" not in message.text:
            self.faults.append(f"{message.text} {message.location.get('url', '')}")


def persistent(browser: Any, folder: Path) -> Any:
    """Start a browser that keeps its data in a folder, as a phone does."""
    kind = browser.browser_type
    return kind.launch_persistent_context(str(folder), executable_path=CHROMIUM, args=FLAGS, **SCREEN)


_STORE = """async (name) => {
  if (!(await indexedDB.databases()).some((one) => one.name === "cc-field")) return [];
  return await new Promise((done, failed) => {
  const asked = indexedDB.open("cc-field");
  asked.onerror = failed;
  asked.onsuccess = () => {
    const made = asked.result;
    if (!made.objectStoreNames.contains(name)) { made.close(); return done([]); }
    const all = made.transaction(name).objectStore(name).getAll();
    all.onsuccess = () => { made.close(); done(all.result); };
  };
  });
}"""
_ACTS = f"async () => (await ({_STORE})('acts')).map(({{photo, ...rest}}) => ({{...rest, bytes: photo?.size ?? 0}}))"
_JOBS = f"async () => (await ({_STORE})('jobs')).map((one) => one.agent)"
