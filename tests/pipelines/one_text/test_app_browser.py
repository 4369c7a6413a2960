"""`snnconvert app` in a real headless Chromium: whole, harmless, and silent to the world."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from snnconvert.pipelines.run import can_attack
from snnconvert.tests.helpers.web.browser import Tab, a_tab
from snnconvert.tests.helpers.web.served import click, served, type_in, visit, wait

pytest.importorskip("streamlit", reason="the extra app is not installed")
HOSTILE = '<script>window.hurt=1</script> <img src="x" onerror="window.hurt=2"> good $x$ '
HOSTILE += "![a](http://127.0.0.9/p) :red[b]"


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    yield from a_tab()


@pytest.fixture(scope="module")
def address(tab: Tab, whole_run: Path) -> Iterator[str]:
    with served(whole_run) as url:
        yield url


def quiet(tab: Tab, address: str) -> None:
    """Nothing was asked of any other machine, and nothing was complained about."""
    own = (address + "/", "data:", f"blob:{address}")
    assert [url for url in tab.requests() if not url.startswith(own)] == []
    sockets = [event["url"] for event in tab.of("Network.webSocketCreated")]
    assert sockets and all(url.startswith(address.replace("http", "ws")) for url in sockets)
    assert tab.complaints() == []


@pytest.mark.parametrize("width", [390, 1440])
def test_it_is_whole_and_nothing_is_cut_off(tab: Tab, address: str, width: int) -> None:
    visit(tab, address, width)
    assert tab.js("document.scrollingElement.scrollWidth") <= width
    assert tab.js("document.querySelector('.stMain').scrollWidth") <= width
    cut = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth + 1)"
    assert tab.js(f"{cut}.map(e => e.innerText)") == []
    inside = "[...document.querySelectorAll('.stMain *')].filter(e => e.offsetParent && "
    inside += "e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 99))"
    assert tab.js(inside) == []
    heads = tab.js("[...document.querySelectorAll('h2')].map(e => e.textContent)")
    assert [head.split()[0] for head in heads] == [
        *("Words", "Windows", "Step", "What", "Attack", "Energy"),
    ]
    drawn = "[...document.querySelectorAll('img.drawing')]"
    assert tab.js(f"{drawn}.map(e => e.complete && e.naturalWidth > 50 && e.alt.length > 5)") == [
        True,
        True,
        True,
    ]
    assert tab.js("document.querySelectorAll('.words .shaded').length") > 5
    quiet(tab, address)


def test_a_hostile_sentence_is_only_a_sentence(tab: Tab, address: str) -> None:
    visit(tab, address, 1000)
    type_in(tab, "Sentence", HOSTILE)
    click(tab, "Explain")
    wait(tab, "document.querySelector('.words').innerText.includes('onerror')", "the sentence")
    wait(tab, "document.querySelectorAll('img.drawing').length == 3", "the drawings")
    click(tab, "A similar word")
    wait(tab, "document.querySelector('.beside')", "the changed sentence")
    assert tab.js("window.hurt") is None
    assert tab.js("[...document.querySelectorAll('img')].every(e => e.className == 'drawing')")
    quiet(tab, address)


def test_what_a_typo_does_stands_beside_the_sentence(tab: Tab, address: str) -> None:
    visit(tab, address, 1000)
    type_in(tab, "Sentence", "the food was horrible and the waiter was rude")
    click(tab, "Explain")
    wait(tab, "document.querySelector('.words').innerText.includes('horrible')", "the sentence")
    click(tab, "A typo")
    wait(tab, "document.querySelectorAll('.beside .card').length == 2", "two columns")
    marked = "[...document.querySelectorAll('.beside .marked b')].map(e => e.textContent)"
    old, new = tab.js(marked)
    assert old != new and sorted(old) == sorted(new)
    type_in(tab, "Sentence", "味道不好")
    click(tab, "Explain")
    wait(tab, "document.querySelector('.words').innerText.includes('味道')", "Chinese words")
    wait(tab, "!document.querySelector('.beside')", "no change, for it was of another sentence")


def test_what_is_wrong_is_said_in_one_line(tab: Tab, address: str) -> None:
    visit(tab, address, 1000)
    type_in(tab, "Sentence", "   ")
    click(tab, "Explain")
    wait(tab, "document.querySelector('.trouble')", "the error")
    said = tab.js("document.querySelector('.trouble').innerText")
    assert "at least one word" in said and "\n" not in said.strip()


def test_an_attack_at_one_click(tab: Tab, address: str) -> None:
    if not can_attack():
        pytest.skip("the extra attack is not installed")
    visit(tab, address, 1000)
    click(tab, "Attack")
    ended = "[...document.querySelectorAll('.remark')].some(e => /[0-9] queries/.test(e.innerText))"
    wait(tab, ended, "the end of the attack")
    quiet(tab, address)


def test_no_other_machine_can_reach_it(address: str) -> None:
    port = int(address.rpartition(":")[2])
    with socket.socket() as other:
        other.settimeout(5)
        assert other.connect_ex(("127.0.0.2", port)) != 0  # another address of this machine
