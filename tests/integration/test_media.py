"""Files that come with messages: fetched from a gateway that fails, sends elsewhere, or holds what nobody wants."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from redis import Redis
from sqlalchemy import func, select

from cases import clock, intake, media
from cases.messages import Attachment as Reference
from cases.messages import InboundMessage
from cases.models import Attachment, Case, IncomingMedia
from cases.queries import case as case_query
from channels import media as downloading
from channels.http import Client, ForbiddenAddress
from contactcentre.container import Container
from tests.channels import twilio_account
from tests.factories import make_agent, phone
from tests.integration.leaving import Time, moved
from workers import deliver, fetch, ticker

if TYPE_CHECKING:
    from cases.queries.timeline import MessageEntry

ACCOUNT = "sms-front"
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
PATH = "/2010-04-01/Accounts/AC00000000000000000000000000000000/Messages/MM1/Media/ME1"


@dataclass
class Gateway:
    """What the gateway's two hosts answer: a status, headers and bytes for each path, one after the other."""

    answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    address: str = ""

    def gives(self, body: bytes = PNG, *, status: int = 200, path: str = PATH, **headers: str) -> None:
        """Answer so next; the last answer of a path is given again and again."""
        self.answers.setdefault(path, []).append((status, headers, body))


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway on this machine."""
    found = Gateway()

    class Handler(BaseHTTPRequestHandler):
        quiet: ClassVar[bool] = True

        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers.get("Authorization")))
            every = found.answers[self.path]
            status, headers, body = every.pop(0) if len(every) > 1 else every[0]
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def installed(container: Container, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Container]:
    """An installation whose account is at that gateway, and that acts as a worker."""
    channel = twilio_account.channel(gateway.address, id=ACCOUNT)
    monkeypatch.setattr(Container, "accounts", MappingProxyType({ACCOUNT: channel}))
    deliver.use(container)
    yield container


def comes(container: Container, *urls: str) -> int:
    """Let a citizen send pictures; returns the case."""
    references = tuple(Reference(url, "image/png", f"picture-{n}.png") for n, url in enumerate(urls))
    message = InboundMessage(ACCOUNT, "sms", phone(1), "1422", "Look", f"MM-{len(urls)}", attachments=references)
    received = container.db.run(lambda uow: intake.receive(uow.session, message, city=container.city))
    assert received.case_id is not None
    return received.case_id


def shown(container: Container, case_id: int) -> MessageEntry:
    """Return the citizen's message as the desk shows it."""

    def work(uow: Any) -> MessageEntry:
        viewer, case = make_agent(uow.session), uow.session.get_one(Case, case_id)
        view = case_query.load(uow.session, viewer, case.reference, city=container.city)
        return next(one for one in view.timeline if getattr(one, "direction", "") == "in")  # type: ignore[return-value]

    return container.db.run(work)


def states(container: Container) -> list[tuple[str, int, str | None]]:
    with container.db.reader() as session:
        rows = session.scalars(select(IncomingMedia).order_by(IncomingMedia.id))
        return [(one.state, one.attempts, one.reason) for one in rows]


def url(gateway_path: str = PATH) -> str:
    return f"https://api.twilio.com{gateway_path}"


def test_a_picture_is_fetched_with_the_accounts_key_and_stands_at_its_message(
    installed: Container, gateway: Gateway
) -> None:
    gateway.gives()
    case_id = comes(installed, url())
    assert shown(installed, case_id).missing == ("A file is being fetched.",)
    assert ticker.nudge_media(installed) == 1
    assert fetch.media(ACCOUNT) == 1
    entry = shown(installed, case_id)
    assert entry.missing == ()
    (file,) = entry.attachments
    assert (file.name, file.size, file.media_type) == ("picture-0.png", len(PNG), "image/png")
    expected = base64.b64encode(f"{twilio_account.SID}:{twilio_account.TOKEN}".encode()).decode()
    assert gateway.asked == [(PATH, f"Basic {expected}")]
    assert (fetch.media(ACCOUNT), ticker.nudge_media(installed)) == (0, 0)


def test_a_message_without_files_writes_no_row(installed: Container) -> None:
    comes(installed)
    assert states(installed) == []


def test_it_is_tried_again_with_doubling_pauses(installed: Container, gateway: Gateway) -> None:
    for _ in range(3):
        gateway.gives(b"", status=500)
    gateway.gives()
    comes(installed, url())
    with moved(installed.db) as time:
        for attempt, pause in enumerate((30, 60, 120), start=1):
            assert (fetch.media(ACCOUNT), states(installed)[0][:2]) == (0, ("waiting", attempt))
            time.pass_by(seconds=pause - 3)
            assert (fetch.media(ACCOUNT), states(installed)[0][:2]) == (0, ("waiting", attempt)), "too early"
            time.pass_by(seconds=4)
        assert fetch.media(ACCOUNT) == 1
    assert states(installed) == [("stored", 4, None)]


def test_it_is_given_up_after_a_day(installed: Container, gateway: Gateway) -> None:
    gateway.gives(b"", status=503)
    comes(installed, url())
    with moved(installed.db) as time:
        for _ in range(media.MOST_TRIES):
            fetch.media(ACCOUNT)
            time.pass_by(seconds=media.LONGEST_DELAY.total_seconds() + 5)
        assert states(installed)[0][:2] == ("failed", media.MOST_TRIES)
        assert fetch.media(ACCOUNT) == 0
    pauses = [min(media.FIRST_DELAY * 2**n, media.LONGEST_DELAY) for n in range(media.MOST_TRIES - 1)]
    assert sum(pauses, timedelta()) > timedelta(hours=20)


ENDED = [
    ("gone", "failed", 404, b"", {}, "does not have it any more"),
    ("inside", "refused", 302, b"", {"Location": "http://10.0.0.1/secret"}, "lies in a private network"),
    ("no http", "refused", 302, b"", {"Location": "file:///etc/passwd"}, "only http and https"),
    ("in circles", "failed", 302, b"", {"Location": PATH}, "from address to address"),
]


@pytest.mark.parametrize("answer", ENDED, ids=[one[0] for one in ENDED])
def test_it_is_given_up_at_once_with_a_reason(installed: Container, gateway: Gateway, answer: tuple[Any, ...]) -> None:
    _, end, status, body, headers, reason = answer
    gateway.gives(body, status=status, **headers)
    case_id = comes(installed, url())
    assert fetch.media(ACCOUNT) == 0
    ((state, attempts, why),) = states(installed)
    assert (state, attempts) == (end, 1)
    assert reason in str(why)
    assert shown(installed, case_id).missing == (why,)
    assert ticker.nudge_media(installed) == 0


def test_what_is_no_picture_is_kept_as_what_came(installed: Container, gateway: Gateway) -> None:
    gateway.gives(b"<html><script>alert(1)</script></html>")
    case_id = comes(installed, url())
    assert fetch.media(ACCOUNT) == 1
    (file,) = shown(installed, case_id).attachments
    assert (file.media_type, shown(installed, case_id).missing) == ("application/octet-stream", ())


def test_an_empty_answer_is_tried_again(installed: Container, gateway: Gateway) -> None:
    gateway.gives(b"")
    comes(installed, url())
    assert fetch.media(ACCOUNT) == 0
    assert states(installed)[0][:2] == ("waiting", 1)


def test_an_account_that_cannot_fetch_any_more_holds_nothing_up_for_ever(
    installed: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    comes(installed, url())
    monkeypatch.setattr(Container, "accounts", MappingProxyType({}))
    assert fetch.media(ACCOUNT) == 0
    ((state, attempts, why),) = states(installed)
    assert (state, attempts) == ("waiting", 1)
    assert "mend the account" in str(why)
    assert ticker.nudge_media(installed) == 0, "it waits for its next try"


def test_a_slow_gateways_files_make_room_for_what_else_waits(
    installed: Container, gateway: Gateway, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "LONGEST", -1.0)
    gateway.gives()
    comes(installed, url(), url())
    with Redis.from_url(redis_url) as queue:
        assert fetch.media(ACCOUNT) == 1
        assert queue.llen("rq:queue:fetch") == 1
    assert [one[0] for one in states(installed)] == ["stored", "waiting"]


def test_what_is_too_large_is_not_read_to_its_end(
    installed: Container, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "LARGEST", 100)
    gateway.gives(PNG)
    comes(installed, url())
    assert fetch.media(ACCOUNT) == 0
    ((state, attempts, why),) = states(installed)
    assert (state, attempts) == ("refused", 1)
    assert "larger than" in str(why)


def test_the_key_is_shown_to_no_other_host(installed: Container, gateway: Gateway) -> None:
    elsewhere = gateway.address.replace("127.0.0.1", "localhost")
    gateway.gives(b"", status=307, Location=f"{elsewhere}/bytes")
    gateway.gives(path="/bytes")
    comes(installed, url())
    assert fetch.media(ACCOUNT) == 1
    assert [(path, key is not None) for path, key in gateway.asked] == [(PATH, True), ("/bytes", False)]


@pytest.mark.parametrize("place", ["http://[bad/", "http://a..b/", "http://127.0.0.1:99999/"])
def test_a_redirect_to_nowhere_is_tried_again_and_given_up_in_time(
    installed: Container, gateway: Gateway, place: str
) -> None:
    gateway.gives(b"", status=302, Location=place)
    comes(installed, url())
    assert fetch.media(ACCOUNT) == 0
    assert states(installed)[0][:2] == ("waiting", 1)


def test_the_key_is_not_shown_to_the_same_host_without_encryption() -> None:
    with (
        pytest.raises(downloading.MediaFault, match="only https"),
        downloading.download(
            Client(loopback=True), "http://127.0.0.1:1/x", login=("a", "b"), known="https://127.0.0.1:1"
        ),
    ):
        pass


@pytest.mark.parametrize(
    "address", ["224.0.0.1", "[64:ff9b::a00:1]", "[2002:a00:1::]", "10.0.0.1", "[::ffff:10.0.0.1]"]
)
def test_addresses_that_lead_inside_are_forbidden(address: str) -> None:
    with pytest.raises(ForbiddenAddress):
        Client().check(f"https://{address}/")


def test_words_with_an_impossible_address_are_stored_all_the_same(installed: Container) -> None:
    comes(installed, "https://api.twilio.com/\x00picture")
    assert states(installed)[0][:2] == ("waiting", 0)


def test_an_address_that_is_not_the_gateways_is_never_asked(installed: Container, gateway: Gateway) -> None:
    comes(installed, "https://example.org/picture.png")
    assert fetch.media(ACCOUNT) == 0
    assert gateway.asked == []
    assert "not the gateway's" in str(states(installed)[0][2])


def test_a_worker_that_dies_while_it_fetches_leaves_it_to_another_and_nothing_twice(
    installed: Container, gateway: Gateway
) -> None:
    gateway.gives()
    comes(installed, url())
    with moved(installed.db) as time:
        (dead,) = claimed(installed)
        assert fetch.media(ACCOUNT) == 0, "it is being fetched"
        pass_lease(time)
        assert fetch.media(ACCOUNT) == 1
        late = {"sha256": "0" * 64, "size": 1, "media_type": "image/png"}
        installed.db.run(lambda uow: media.store(uow.session, dead, at=clock.now(uow.session), **late))
    assert count(installed) == 1


def test_what_a_late_worker_says_is_not_heard_while_another_fetches(installed: Container) -> None:
    comes(installed, url())
    with moved(installed.db) as time:
        (late,) = claimed(installed)
        pass_lease(time)
        assert claimed(installed)
        said: dict[str, Any] = {"reason": "too late", "again": False, "refused": True}
        installed.db.run(lambda uow: media.fail(uow.session, late, at=clock.now(uow.session), **said))
    assert states(installed) == [("waiting", 2, None)]


def test_three_workers_at_once_fetch_each_file_once(installed: Container, gateway: Gateway) -> None:
    paths = [f"{PATH}{n}" for n in range(12)]
    for number, path in enumerate(paths):
        gateway.gives(PNG + bytes([number]), path=path)
    comes(installed, *(url(path) for path in paths))
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: fetch.media(ACCOUNT), range(3))) == 12
    assert sorted(path for path, _ in gateway.asked) == sorted(paths)
    assert count(installed) == 12


def claimed(container: Container) -> list[media.Waiting]:
    return container.db.run(lambda uow: media.claim(uow.session, account=ACCOUNT, now=clock.now(uow.session)))


def pass_lease(time: Time) -> None:
    time.pass_by(seconds=media.LEASE.total_seconds() + 1)


def count(container: Container) -> int:
    with container.db.reader() as session:
        return session.scalar(select(func.count()).select_from(Attachment)) or 0
