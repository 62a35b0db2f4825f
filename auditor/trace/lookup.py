"""Ask public data services about components: the only code that knows the network, only with `--online`.

Answers are votes with their address and day. They never override what was seen or what was read about a component:
a license from here is concluded where nothing else says anything, as `stated`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import msgspec

from auditor.model import Component, Evidence, Inventory
from auditor.trace.answers import Answers
from auditor.trace.confidential import split
from auditor.trace.services import MAX_VALUES, METHOD, SERVICES, Service, WrongShape

if TYPE_CHECKING:
    from auditor.knowledge import Knowledge

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_REDIRECTS = (301, 302, 303, 307, 308)
_ABSENT = (404, 410)


class Online(msgspec.Struct, frozen=True):
    """What a run may ask, and how patiently. Times in seconds, sizes in bytes."""

    confidential: tuple[str, ...] = ()
    """Patterns (`*`, `?`) of names, keys, package URLs and part numbers that never leave."""
    services: tuple[Service, ...] = SERVICES
    """Services that may be asked; their hosts are the allow-list, for redirects too."""
    cache: Path | None = None
    """File of earlier answers; None = none are kept."""
    today: date | None = None
    """Day that answers are dated with; None = today's (UTC)."""
    say: Callable[[str], None] = lambda _line: None
    """Takes the lines that tell what is about to be sent."""
    questions: int = 2000
    """Most questions of one run."""
    attempts: int = 3
    connect_timeout: float = 5.0
    read_timeout: float = 10.0
    answer_time: float = 20.0
    """Longest that one answer may take as a whole."""
    answer_size: int = 4 << 20
    longest_wait: float = 30.0
    """Longest wait that a server may ask for; one that asks for more is given up."""
    failures: int = 3
    """Unanswered questions in a row after which a service is given up."""
    redirects: int = 3


class Unavailable(Exception):
    """A service that did not give a usable answer. One line that says why."""


class Outcome(msgspec.Struct, frozen=True):
    """The inventory with the votes of the answers, and the services that could not be asked."""

    inventory: Inventory
    unavailable: tuple[str, ...] = ()
    """One line per service that gave no usable answer to at least one question."""


class _Question(msgspec.Struct, frozen=True):
    service: Service
    url: str
    component: Component


def enrich(inventory: Inventory, knowledge: Knowledge, online: Online) -> Outcome:
    """Return the inventory with what the services say of its components as votes.

    Before anything is sent, `online.say` gets every address that is about to be asked: the host, and the identifiers
    in it, are all that leaves. Trouble with a service is a line of the outcome, never an exception.
    """
    day = online.today or datetime.now(UTC).date()
    open_, hidden = split(inventory, online.confidential)
    wanted = _questions(open_, knowledge, online)
    questions = wanted[: online.questions]
    with closing(Answers(online.cache, day)) as answers:
        urls = list(dict.fromkeys(one.url for one in questions))
        unsent = [url for url in urls if answers.get(url) is None]
        _announce(unsent, hidden, len(urls) - len(unsent), online)
        if len(wanted) > len(questions):
            online.say(f"online: {len(wanted) - len(questions)} more questions exceed the limit and are not asked")
        votes, troubles = _asked(questions, answers, online)
    components = tuple(
        msgspec.structs.replace(one, evidence=(*one.evidence, *votes[one.id])) if one.id in votes else one
        for one in inventory.components
    )
    return Outcome(msgspec.structs.replace(inventory, components=components), tuple(troubles))


def _questions(components: Iterable[Component], knowledge: Knowledge, online: Online) -> list[_Question]:
    """Return what is asked, service by service."""
    return [
        _Question(service, service.base + path, component)
        for service in online.services
        if not service.experimental
        for component in components
        if (path := service.question(component, knowledge)) is not None
    ]


def _announce(urls: Sequence[str], hidden: int, kept: int, online: Online) -> None:
    """Say what is about to be sent. Addresses are percent-encoded: they are plain ASCII."""
    hosts = sorted({urlsplit(url).netloc for url in urls})
    online.say(
        f"online: {len(urls)} questions to {', '.join(hosts) or 'nobody'}; {kept} answered from the cache;"
        f" {hidden} confidential components are not asked about"
    )
    for url in urls:
        online.say(f"online: GET {url}")


def _asked(
    questions: Sequence[_Question], answers: Answers, online: Online
) -> tuple[dict[str, list[Evidence]], list[str]]:
    """Return the votes by component id, and a line per service with trouble."""
    votes: dict[str, list[Evidence]] = {}
    troubles: dict[str, list[str]] = {}
    in_row: dict[str, int] = {}
    failed: dict[str, str] = {}
    for question in questions:
        name = question.service.name
        try:
            if question.url in failed or in_row.get(name, 0) >= online.failures:
                raise Unavailable(failed.get(question.url, "given up after earlier failures"))
            found = _votes_of(question, answers, online)
        except Unavailable as trouble:
            failed[question.url] = str(trouble)
            in_row[name] = in_row.get(name, 0) + 1
            troubles.setdefault(name, []).append(str(trouble))
        else:
            in_row[name] = 0
            if found:
                votes.setdefault(question.component.id, []).extend(found)
    lines = [f"{name}: {len(them)} questions without a usable answer: {them[0]}" for name, them in troubles.items()]
    return votes, sorted(lines)


def _votes_of(question: _Question, answers: Answers, online: Online) -> list[Evidence]:
    """Return the votes of the kept answer, else of a new one, which is kept when it is as described."""
    kept = answers.get(question.url)
    if kept is not None:
        return _votes(question, *kept)
    status, body = get(question.url, online)
    votes = _votes(question, answers.today.isoformat(), status, body)
    answers.put(question.url, status, body)
    return votes


def _votes(question: _Question, day: str, status: int, body: bytes) -> list[Evidence]:
    """Return what an answer says. Raises Unavailable when it is not what the service describes."""
    if status in _ABSENT:
        return []
    try:
        claims = question.service.claims(json.loads(body), question.component)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, WrongShape) else "no JSON"
        raise Unavailable(f"the answer is not as described ({reason})") from None
    return [
        Evidence(
            subject=question.component.key,
            claim=claim,
            value=value,
            detector=question.service.name,
            method=METHOD,
            grade="weak",
            role="mention",
            pointer=f"{question.url} (read {day})",
        )
        for claim, value in list(dict.fromkeys(claims))[:MAX_VALUES]
    ]


def get(url: str, online: Online) -> tuple[int, bytes]:
    """Return status (200 or absent) and body of an address, with retries. Raises Unavailable."""
    hosts = {urlsplit(one.base).netloc for one in online.services if not one.experimental}
    reason = ""
    with _session() as session:
        for attempt in range(online.attempts):
            wait = min(0.5 * 2**attempt, online.longest_wait)
            try:
                status, body, after = _once(session, url, hosts, online)
            except _Again as again:
                reason = str(again)
            else:
                if status == 200 or status in _ABSENT:
                    return status, body
                reason = f"status {status}"
                if status != 429 and status < 500:
                    break
                if after is not None:
                    if after > online.longest_wait:
                        raise Unavailable(f"{reason}, asks to wait {after:g} seconds")
                    wait = after
            if attempt + 1 < online.attempts:
                time.sleep(wait)
    raise Unavailable(reason)


def _session() -> Any:
    """Return a session that sends no credentials, and leaves redirects and their bodies alone."""
    from requests import Session

    from auditor import __version__

    session: Any = Session()
    session.auth = lambda request: request  # else those of a .netrc file would go out
    session.get_redirect_target = lambda _answer: None  # else the body of a redirect is read whole
    session.headers.update(
        {"User-Agent": f"auditor/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}
    )
    return session


class _Again(Exception):
    """A failure that may pass."""


def _once(session: Any, url: str, hosts: set[str], online: Online) -> tuple[int, bytes, float | None]:
    """Ask once and follow redirects inside the allow-list. Returns status, body, seconds asked to wait."""
    from requests.exceptions import InvalidURL, RequestException
    from requests.exceptions import SSLError as Untrusted

    for _ in range(online.redirects + 1):
        _permit(url, hosts)
        try:
            answer = session.get(
                url, stream=True, allow_redirects=False, timeout=(online.connect_timeout, online.read_timeout)
            )
            with answer:
                if answer.status_code in _REDIRECTS:
                    url = _target(url, answer.headers.get("Location", ""))
                    continue
                after = answer.headers.get("Retry-After", "")
                wait = float(after) if after.isdecimal() and len(after) < 7 else None
                return answer.status_code, _body(answer, online), wait
        except (Untrusted, InvalidURL) as error:
            raise Unavailable(f"no trusted connection ({type(error).__name__})") from None
        except (RequestException, OSError) as error:
            raise _Again(f"no connection ({type(error).__name__})") from None
    raise Unavailable("too many redirects")


def _target(url: str, location: str) -> str:
    """Return where a redirect leads. Raises Unavailable when that is no address."""
    try:
        return urlsplit(urljoin(url, location)).geturl()
    except ValueError:
        raise Unavailable("redirected to no address") from None


def _permit(url: str, hosts: set[str]) -> None:
    """Raise Unavailable unless the address is on the allow-list and encrypted (loopback need not be)."""
    parts = urlsplit(url)
    if parts.netloc not in hosts or (parts.scheme != "https" and parts.hostname not in _LOOPBACK):
        raise Unavailable("redirected to a host or scheme that is not allowed")


def _body(answer: Any, online: Online) -> bytes:
    """Read the body piece by piece under the limits of size and time."""
    from urllib3.exceptions import HTTPError

    until = time.monotonic() + online.answer_time
    pieces: list[bytes] = []
    size = 0
    while True:
        try:
            piece = answer.raw.read1(65536)
        except (HTTPError, OSError) as error:
            raise _Again(f"the answer broke off ({type(error).__name__})") from None
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > online.answer_size:
            raise Unavailable(f"the answer is larger than {online.answer_size} bytes")
        if time.monotonic() > until:
            raise Unavailable(f"the answer takes longer than {online.answer_time:g} seconds")
        pieces.append(piece)
