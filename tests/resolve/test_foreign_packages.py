"""Somebody's package that bears the name of a known project is not that project."""

from __future__ import annotations

import pytest

from auditor import knowledge
from auditor.declared import Declared
from auditor.knowledge.spelling import by_name, repository_purl
from auditor.resolve.identity import declared_key


@pytest.fixture(scope="module")
def known() -> knowledge.Knowledge:
    return knowledge.load()


@pytest.mark.parametrize(
    ("name", "purl", "key"),
    [
        ("zlib", None, "zlib"),
        ("zlib", "pkg:generic/zlib@1.3", "zlib"),
        ("zlib", "pkg:conan/zlib@1.3", "zlib"),
        ("zlib", "pkg:deb/debian/zlib1g@1.3", "zlib"),
        ("zlib", "pkg:conan/somebody/zlib@1.3", "conan:somebody/zlib"),
        ("zlib", "pkg:github/somebody/zlib@9.9.9", "github:somebody/zlib"),
        ("zlib", "pkg:npm/%40somebody/zlib@1", "npm:@somebody/zlib"),
        ("zlib", "pkg:npm/@somebody/zlib@1", "npm:zlib"),
        ("mesa", "pkg:pypi/mesa@2.1", "pypi:mesa"),
        ("spdlog", "pkg:github/gabime/spdlog@1.10.0", "spdlog"),
        ("FreeRTOS", "pkg:github/FreeRTOS/FreeRTOS-Kernel@10.5.1", "freertos"),
        ("spdlog", "pkg:github/somebody/spdlog@1.10.0", "github:somebody/spdlog"),
    ],
)
def test_the_package_url_says_whose_it_is(known: knowledge.Knowledge, name: str, purl: str | None, key: str) -> None:
    found = declared_key(Declared("/components/0", name, "1", purl=purl), "library", known)
    assert found == key
    assert (known.software(found) is not None) is (":" not in key)


@pytest.mark.parametrize(
    ("address", "purl"),
    [
        ("https://github.com/Gabime/spdlog", "pkg:github/gabime/spdlog"),
        ("https://github.com/a/b.git", "pkg:github/a/b"),
        ("https://gitlab.com/a/b/", "pkg:gitlab/a/b"),
        ("https://gitlab.freedesktop.org/a/b", ""),
        ("https://github.com/a", ""),
        ("", ""),
    ],
)
def test_a_repository_has_a_package_url_at_known_hosts_only(address: str, purl: str) -> None:
    assert repository_purl(address) == purl


def test_only_generic_and_upstream_recipes_go_by_name() -> None:
    assert by_name("pkg:generic/x@1?download_url=y")
    assert not by_name("pkg:generics/x")
    assert not by_name("pkg:conan/a/b")
