"""Look-ups against a server on the loopback: what is sent, what is believed, and how each failure ends.

The answers follow the services' public descriptions (`described_by` of each service): deps.dev `Version` of
api/v3/api.proto, ecosyste.ms `Package` of openapi.yaml, ClearlyDefined `licensed` of swagger.yaml, endoflife.date
`ProductRelease` of openapi.yml.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from auditor import knowledge
from auditor.model import Component, Declared, Document, Inventory
from auditor.trace import confidential, lookup, trace
from auditor.trace.answers import KEPT_DAYS
from auditor.trace.lookup import Online, Unavailable, enrich
from auditor.trace.services import SERVICES, Service

TODAY = date(2026, 11, 24)
DEPS_DEV = {
    "versionKey": {"system": "PYPI", "name": "requests", "version": "2.31.0"},
    "publishedAt": "2023-05-22T15:12:44Z",
    "isDefault": False,
    "licenses": ["Apache-2.0"],
    "advisoryKeys": [],
    "links": [{"label": "HOMEPAGE", "url": "https://requests.readthedocs.io"}],
}
ECOSYSTEMS = [
    {
        "name": "requests",
        "ecosystem": "pypi",
        "licenses": "Apache 2.0",
        "normalized_licenses": ["Apache-2.0"],
        "repository_url": "https://github.com/psf/requests",
        "status": None,
    }
]
CLEARLY_DEFINED = {
    "described": {"releaseDate": "2023-05-22"},
    "licensed": {"declared": "Apache-2.0", "facets": {"core": {"discovered": {"expressions": ["Apache-2.0"]}}}},
}
END_OF_LIFE = {
    "schema_version": "1.1.0",
    "result": {
        "name": "openssl",
        "releases": [
            {"name": "3.0", "isLts": True, "isEol": False, "eolFrom": "2026-09-07", "isMaintained": True},
            {"name": "3", "isLts": False, "isEol": True, "eolFrom": None, "isMaintained": False},
            {"name": "1.1.1", "isLts": True, "isEol": True, "eolFrom": "2023-09-11", "isMaintained": False},
        ],
    },
}


class Answering(BaseHTTPRequestHandler):
    """Answers as the test says; keeps what it was asked."""

    protocol_version = "HTTP/1.1"
    answer: Callable[[Any], None]
    asked: list[tuple[str, dict[str, str]]]

    def do_GET(self) -> None:
        type(self).asked.append((self.path, dict(self.headers)))
        type(self).answer(self)

    def log_message(self, *_: Any) -> None:
        """Stay silent."""

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Server:
    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.handler = type("Handler", (Answering,), {"asked": []})
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self.handler)
        self.http.daemon_threads = True
        if context:
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.base = f"http{'s' if context else ''}://127.0.0.1:{self.http.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        return [path for path, _ in self.handler.asked]

    def answers(self, reply: Callable[[Any], None]) -> None:
        self.handler.answer = staticmethod(reply)

    def gives(self, value: Any, status: int = 200, **headers: str) -> None:
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.answers(lambda handler: handler.send(status, body, **headers))

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture(autouse=True)
def _direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(scope="module")
def facts() -> knowledge.Knowledge:
    return knowledge.load()


def service(name: str, server: Server) -> Service:
    from dataclasses import replace

    return replace(next(one for one in SERVICES if one.name == name), base=server.base)


def online(server: Server, *names: str, **given: Any) -> Online:
    services = tuple(service(name, server) for name in names or ("deps.dev",))
    quick = {"connect_timeout": 2.0, "read_timeout": 2.0, "longest_wait": 0.2, "today": TODAY}
    return Online(services=services, **{**quick, **given})


def component(**given: Any) -> Component:
    plain = {"key": "pypi:requests", "name": "requests", "version": "2.31.0", "purl": "pkg:pypi/requests@2.31.0"}
    return Component(**{"id": "c1", "kind": "library", "layer": "middleware", "ecu": "e", **plain, **given})


def inventory(*components: Component, documents: tuple[Document, ...] = ()) -> Inventory:
    return Inventory(inputs=(), artifacts=(), components=components, documents=documents)


def claims(found: Inventory) -> list[tuple[str, str, str]]:
    return [(vote.detector, vote.claim, vote.value) for one in found.components for vote in one.evidence]


@pytest.mark.parametrize(
    ("name", "answer", "given", "path", "expected"),
    [
        ("deps.dev", DEPS_DEV, {}, "/v3/systems/pypi/packages/requests/versions/2.31.0", [("license", "Apache-2.0")]),
        (
            "deps.dev",
            {**DEPS_DEV, "licenses": ["non-standard"]},
            {"purl": "pkg:maven/org.apache.commons/commons-io@1.3.2"},
            "/v3/systems/maven/packages/org.apache.commons%3Acommons-io/versions/1.3.2",
            [],
        ),
        (
            "ecosyste.ms",
            ECOSYSTEMS,
            {"purl": "pkg:deb/debian/curl@7.88.1-10?arch=arm64"},
            "/api/v1/packages/lookup?purl=pkg%3Adeb%2Fdebian%2Fcurl",
            [("license", "Apache-2.0"), ("repository", "https://github.com/psf/requests")],
        ),
        (
            "clearlydefined",
            CLEARLY_DEFINED,
            {"purl": "pkg:npm/%40angular/core@12.0.0"},
            "/definitions/npm/npmjs/%40angular/core/12.0.0?expand=-files",
            [("license", "Apache-2.0")],
        ),
        (
            "endoflife.date",
            END_OF_LIFE,
            {"key": "openssl", "version": "3.0.20", "purl": None},
            "/api/v1/products/openssl/",
            [("end-of-life", "2026-09-07")],
        ),
        (
            "endoflife.date",
            END_OF_LIFE,
            {"key": "openssl", "version": "3.5.1", "purl": None},
            "/api/v1/products/openssl/",
            [("end-of-life", "yes")],
        ),
    ],
)
def test_each_service_is_asked_and_believed_as_described(
    server: Server, facts: knowledge.Knowledge, name: str, answer: Any, given: Any, path: str, expected: Any
) -> None:
    server.gives(answer)
    outcome = enrich(inventory(component(**given)), facts, online(server, name))
    assert server.asked == [path]
    assert [(claim, value) for _, claim, value in claims(outcome.inventory)] == expected
    assert outcome.unavailable == ()
    for vote in outcome.inventory.components[0].evidence:
        assert vote.pointer == f"{server.base}{path} (read 2026-11-24)"
        assert (vote.detector, vote.method, vote.grade, vote.role) == (name, "lookup", "weak", "mention")


def test_the_program_says_who_it_is_and_sends_nothing_else(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(DEPS_DEV)
    enrich(inventory(component()), facts, online(server))
    (_, headers) = server.handler.asked[0]
    assert headers["User-Agent"].startswith("auditor/")
    assert set(headers) <= {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}


def test_what_will_be_sent_is_said_before_it_is_sent(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(DEPS_DEV)
    said: list[str] = []

    def say(line: str) -> None:
        assert server.asked == []
        said.append(line)

    enrich(inventory(component(name="r\x1b[2J")), facts, online(server, say=say))
    host = server.base.removeprefix("http://")
    assert said == [
        f"online: 1 questions to {host}; 0 answered from the cache; 0 confidential components are not asked about",
        f"online: GET {server.base}/v3/systems/pypi/packages/requests/versions/2.31.0",
    ]
    assert len(server.asked) == 1


@pytest.mark.parametrize("pattern", ["requests", "REQ*", "pypi:*", "pkg:pypi/requests@*"])
def test_confidential_names_never_leave(server: Server, facts: knowledge.Knowledge, pattern: str) -> None:
    said: list[str] = []
    outcome = enrich(inventory(component()), facts, online(server, confidential=(pattern,), say=said.append))
    assert server.asked == []
    assert claims(outcome.inventory) == []
    assert not any("requests/versions" in line for line in said)
    assert "1 confidential" in said[0]


@pytest.mark.parametrize(("pattern", "kept"), [("@acme/*", 1), ("*acme*", 1), ("pkg:npm/@acme/*", 1), ("acme/*", 0)])
def test_a_scope_is_confidential_however_its_package_url_writes_it(pattern: str, kept: int) -> None:
    one = component(key="npm:secret", name="secret", purl="pkg:npm/%40acme/secret@1.0")
    assert confidential.split(inventory(one), [pattern]) == ([one] * (1 - kept), kept)


@pytest.mark.parametrize(("value", "asked"), [("true", 0), ("YES", 0), ("false", 1)])
def test_a_document_may_mark_a_component_as_confidential(
    server: Server, facts: knowledge.Knowledge, value: str, asked: int
) -> None:
    server.gives(DEPS_DEV)
    said = Declared(pointer="/components/0", name="requests", properties=(("auditor:confidential", value),))
    paper = Document(format="cyclonedx-json", version="1.6", subject=None, components=(said,))
    enrich(inventory(component(), documents=(paper,)), facts, online(server))
    assert len(server.asked) == asked


def test_names_no_registry_knows_are_not_asked_about(server: Server, facts: knowledge.Knowledge) -> None:
    strange = [None, "pkg:generic/secret@1", "pkg:github/us/secret@1", "no purl", "pkg:pypi/", "pkg:pypi/" + "a" * 2000]
    components = [component(id=f"c{index}", key=f"k{index}", purl=purl) for index, purl in enumerate(strange)]
    enrich(inventory(*components), facts, online(server, *(one.name for one in SERVICES)))
    assert server.asked == []


def test_hostile_names_stay_one_segment(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(DEPS_DEV)
    purls = ("pkg:pypi/..@1", "pkg:pypi/a@..", "pkg:golang/../a@1", "pkg:pypi/a@..%2F..%2Fv3%3Fa=b%0d%0aX:1%23")
    components = [component(id=f"c{index}", purl=purl) for index, purl in enumerate(purls)]
    enrich(inventory(*components), facts, online(server))
    assert server.asked == ["/v3/systems/pypi/packages/a/versions/..%2F..%2Fv3%3Fa%3Db%0D%0AX%3A1%23"]


def test_an_experimental_service_is_off(server: Server, facts: knowledge.Knowledge) -> None:
    from dataclasses import replace

    undescribed = replace(service("deps.dev", server), described_by="")
    enrich(inventory(component()), facts, Online(services=(undescribed,)))
    assert undescribed.experimental
    assert server.asked == []
    assert all(one.described_by.startswith("https://") and not one.experimental for one in SERVICES)


def test_too_many_requests_waits_as_asked_and_asks_again(
    server: Server, facts: knowledge.Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)

    def reply(handler: Any) -> None:
        if len(server.asked) == 1:
            handler.send(429, b"", Retry_After="7")
        else:
            handler.send(200, json.dumps(DEPS_DEV).encode())

    server.answers(reply)
    outcome = enrich(inventory(component()), facts, online(server, longest_wait=30.0))
    assert (len(server.asked), waits) == (2, [7.0])
    assert claims(outcome.inventory) == [("deps.dev", "license", "Apache-2.0")]


def test_a_server_that_asks_for_an_hour_is_given_up(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(b"", 429, Retry_After="3600")
    outcome = enrich(inventory(component()), facts, online(server))
    assert len(server.asked) == 1
    assert outcome.unavailable == (
        "deps.dev: 1 questions without a usable answer: status 429, asks to wait 3600 seconds",
    )


def test_server_errors_are_tried_three_times(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(b"oops", 503)
    outcome = enrich(inventory(component()), facts, online(server, longest_wait=0.01))
    assert len(server.asked) == 3
    assert outcome.unavailable == ("deps.dev: 1 questions without a usable answer: status 503",)


def test_a_refusal_is_not_repeated(server: Server) -> None:
    server.gives(b"", 403)
    with pytest.raises(Unavailable, match="status 403"):
        lookup.get(f"{server.base}/x", online(server))
    assert len(server.asked) == 1


def test_a_service_in_trouble_is_given_up(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(b"", 500)
    many = [component(id=f"c{index}", purl=f"pkg:pypi/p{index}@1") for index in range(20)]
    outcome = enrich(inventory(*many), facts, online(server, attempts=1))
    assert len(server.asked) == 3
    assert outcome.unavailable == ("deps.dev: 20 questions without a usable answer: status 500",)


def test_not_found_is_an_answer(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(b"not found", 404)
    outcome = enrich(inventory(component()), facts, online(server))
    assert (claims(outcome.inventory), outcome.unavailable) == ([], ())


def test_a_slow_answer_is_cut_off(server: Server) -> None:
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100000")
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.02)

    server.answers(drip)
    with pytest.raises(Unavailable, match="takes longer than"):
        lookup.get(f"{server.base}/x", online(server, answer_time=0.2, attempts=1))


def test_a_silent_server_times_out(server: Server) -> None:
    server.answers(lambda _handler: time.sleep(1.0))
    with pytest.raises(Unavailable, match="no connection"):
        lookup.get(f"{server.base}/x", online(server, read_timeout=0.1, attempts=1))


def test_an_oversized_answer_is_cut_off(server: Server) -> None:
    server.gives(b" " * 5000)
    with pytest.raises(Unavailable, match="larger than 4096 bytes"):
        lookup.get(f"{server.base}/x", online(server, answer_size=4096))
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.2:1/x", "https://169.254.169.254/latest", "file:///etc/passwd", "http://[::1", "//elsewhere/x"],
)
def test_a_redirect_to_a_foreign_host_is_not_followed(server: Server, target: str) -> None:
    server.gives(b"", 302, Location=target)
    with pytest.raises(Unavailable, match="redirected to"):
        lookup.get(f"{server.base}/x", online(server))
    assert len(server.asked) == 1


def test_the_body_of_a_redirect_is_not_read(server: Server) -> None:
    def reply(handler: Any) -> None:
        if handler.path == "/y":
            handler.send(200, b"{}")
            return
        handler.send_response(302)
        handler.send_header("Location", "/y")
        handler.send_header("Content-Length", "1000000000")
        handler.end_headers()
        handler.wfile.write(b" ")

    server.answers(reply)
    assert lookup.get(f"{server.base}/x", online(server, attempts=1)) == (200, b"{}")


def test_a_redirect_inside_the_service_is_followed_and_a_ring_ends(server: Server) -> None:
    def reply(handler: Any) -> None:
        handler.send(
            *((200, b"{}") if handler.path == "/y" else (302, b"")),
            **({} if handler.path == "/y" else {"Location": "/y"}),
        )

    server.answers(reply)
    assert lookup.get(f"{server.base}/x", online(server)) == (200, b"{}")
    server.gives(b"", 301, Location="/again")
    with pytest.raises(Unavailable, match="too many redirects"):
        lookup.get(f"{server.base}/x", online(server))


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("deps.dev", b"<html>"), ("deps.dev", b""), ("deps.dev", b"\xff\xfe"), ("deps.dev", b"[" * 100_000),
        ("deps.dev", b"[]"), ("deps.dev", b'{"licenses": ["MIT"]}'),
        ("deps.dev", b'{"versionKey": {}, "licenses": [1]}'), ("deps.dev", b'{"versionKey": {}, "licenses": {"a": 1}}'),
        ("ecosyste.ms", b"{}"), ("ecosyste.ms", b"[1]"), ("ecosyste.ms", b'[{"normalized_licenses": "MIT"}]'),
        ("ecosyste.ms", b'[{"repository_url": 7}]'),
        ("clearlydefined", b"[]"), ("clearlydefined", b'{"licensed": "MIT"}'), ("clearlydefined", b'{"licensed": {"declared": []}}'),
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_no_answer(
    server: Server, facts: knowledge.Knowledge, tmp_path: Path, name: str, body: bytes
) -> None:
    server.gives(body)
    wanted = online(server, name, cache=tmp_path / "answers.sqlite3")
    outcome = enrich(inventory(component()), facts, wanted)
    assert claims(outcome.inventory) == []
    assert "not as described" in outcome.unavailable[0]
    enrich(inventory(component()), facts, wanted)
    assert len(server.asked) == 2, "it is not kept"


def test_end_of_life_of_another_shape_is_no_answer(server: Server, facts: knowledge.Knowledge) -> None:
    for value in ({}, {"result": {"releases": 1}}, {"result": {"releases": [{"name": "3.0", "isEol": "no"}]}}):
        server.gives(value)
        outcome = enrich(
            inventory(component(key="openssl", version="3.0.1", purl=None)), facts, online(server, "endoflife.date")
        )
        assert "not as described" in outcome.unavailable[0]


def test_answers_are_kept_with_their_day(server: Server, facts: knowledge.Knowledge, tmp_path: Path) -> None:
    server.gives(DEPS_DEV)
    cache = tmp_path / "cache" / "answers.sqlite3"
    said: list[str] = []
    first = enrich(inventory(component()), facts, online(server, cache=cache))
    later = online(server, cache=cache, today=TODAY + timedelta(days=9), say=said.append)
    assert enrich(inventory(component()), facts, later) == first
    assert len(server.asked) == 1
    assert said == [
        "online: 0 questions to nobody; 1 answered from the cache; 0 confidential components are not asked about"
    ]
    old = online(server, cache=cache, today=TODAY + timedelta(days=31))
    votes = enrich(inventory(component()), facts, old).inventory.components[0].evidence
    assert len(server.asked) == 2
    assert votes[0].pointer and votes[0].pointer.endswith("(read 2026-12-25)")
    assert cache.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("damage", [b"not a database" * 100, b""])
def test_a_damaged_cache_is_done_without(
    server: Server, facts: knowledge.Knowledge, tmp_path: Path, damage: bytes
) -> None:
    server.gives(DEPS_DEV)
    cache = tmp_path / "answers.sqlite3"
    cache.write_bytes(damage)
    outcome = enrich(inventory(component()), facts, online(server, cache=cache))
    assert claims(outcome.inventory) == [("deps.dev", "license", "Apache-2.0")]


def test_an_answer_fills_a_gap_as_stated_and_overrides_nothing(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives({**DEPS_DEV, "licenses": ["MIT"]})
    unknown = component()
    read = component(id="c2", key="readline", name="readline", purl="pkg:pypi/readline@8.2")
    seen = component(id="c3", key="pypi:seen", purl="pkg:pypi/seen@1", observed_licenses=("GPL-2.0-only",))
    outcome = enrich(inventory(unknown, read, seen), facts, online(server))
    gap, known, observed = trace(outcome.inventory, facts, TODAY).components
    assert (gap.licenses.concluded, gap.licenses.basis) == ("MIT", "stated")
    assert gap.licenses.sources[0].endswith("(read 2026-11-24)")
    assert (known.licenses.concluded, known.licenses.basis) == ("GPL-3.0-or-later", "read")
    assert (observed.licenses.concluded, observed.licenses.basis) == ("GPL-2.0-only", "derived")
    assert not gap.observed


def test_services_that_disagree_conclude_nothing(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives({**DEPS_DEV, "licenses": ["MIT", "Apache-2.0"]})
    outcome = enrich(inventory(component()), facts, online(server))
    assert trace(outcome.inventory, facts, TODAY).components[0].licenses.concluded is None


def test_without_questions_the_inventory_is_the_same(server: Server, facts: knowledge.Knowledge) -> None:
    plain = inventory(component(purl=None))
    assert enrich(plain, facts, online(server)).inventory == plain


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate with openssl")
def test_only_a_trusted_certificate_is_believed(
    facts: knowledge.Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    names = ["-days", "3650", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, *names],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = Server(context)
    server.gives(DEPS_DEV)
    try:
        refused = enrich(inventory(component()), facts, online(server))
        assert refused.unavailable[0].endswith("no trusted connection (SSLError)")
        assert server.asked == []
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        assert enrich(inventory(component()), facts, online(server)).unavailable == ()
    finally:
        server.close()


def test_unencrypted_hosts_elsewhere_are_refused() -> None:
    from dataclasses import replace

    plain = replace(SERVICES[0], base="http://example.org")
    with pytest.raises(Unavailable, match="not allowed"):
        lookup.get("http://example.org/x", Online(services=(plain,)))


def test_questions_are_bounded(server: Server, facts: knowledge.Knowledge) -> None:
    server.gives(DEPS_DEV)
    many = [component(id=f"c{index}", purl=f"pkg:pypi/p{index}@1") for index in range(20)]
    said: list[str] = []
    enrich(inventory(*many), facts, online(server, questions=4, say=said.append))
    assert len(server.asked) == 4
    assert said[-1] == "online: 16 more questions exceed the limit and are not asked"


def test_the_page_names_every_service_as_it_is() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "lookups.md").read_text(encoding="utf-8")
    for one in SERVICES:
        assert f"| {one.name} | {one.base.removeprefix('https://')} |" in page
        assert f"]({one.described_by})" in page
    plain = Online()
    for text in (f"{plain.questions:,} questions", f"{plain.answer_time:g} seconds", f"{plain.answer_size >> 20} MiB"):
        assert text in page
    assert f"up to {plain.longest_wait:g} seconds" in page
    assert f"for {KEPT_DAYS} days" in page
