"""Pictures of the page of `snnconvert app`: `make screenshots-app EN=RUN ZH=RUN`.

Writes docs/images/app-{en,zh}.png, one as on a telephone, and what an attack changed. Chinese needs
a font that has it, such as fonts-noto-cjk.
"""

from __future__ import annotations

from snnconvert.tests.helpers.web.browser import Tab
from snnconvert.tests.helpers.web.served import click, served, type_in, visit, wait
from snnconvert.tools.pictures import keep, open_tab, runs

# by language, and a word of it that no example has
SENTENCES = {
    "en": ("The plot is thin and the jokes are old, but the acting is wonderful.", "acting"),
    "zh": ("菜量很足，但是上菜太慢，味道也一般。", "菜量"),
}
# name, run, width, the first and the last heading that is in it (None: the top, the end)
SHOTS = (
    ("app-en", "en", 1180, None, "What if"),
    ("app-zh", "zh", 1180, None, "What if"),
    ("app-en-phone", "en", 390, None, "Windows that carry it"),
    ("app-zh-attack", "zh", 1180, "What if", None),
)
HEADING = "[...document.querySelectorAll('h2')].find(e => e.textContent == '{}')"


def shoot(tab: Tab, width: int, first: str | None, last: str | None) -> bytes:
    """The page from one heading to before another, in a window that is tall enough for it."""
    tall = int(tab.js("document.querySelector('.stMain').scrollHeight"))
    tab.resize(width, tall)
    wait(tab, "[...document.querySelectorAll('img.drawing')].every(e => e.complete)", "drawings")
    edge = HEADING + ".getBoundingClientRect().top"
    top = round(tab.js(edge.format(first))) - 20 if first else 0
    bottom = round(tab.js(edge.format(last))) - 12 if last else tall
    return tab.screenshot({"x": 0, "y": top, "width": width, "height": bottom - top})


def ask(tab: Tab, sentence: str, word: str) -> None:
    """Type a sentence, and wait for what the page makes of it."""
    type_in(tab, "Sentence", sentence)
    click(tab, "Explain")
    words = "[...document.querySelectorAll('.words b')].map(e => e.textContent)"
    wait(tab, f"{words}.includes('{word}')", "the sentence")
    tab.js("document.activeElement.blur()")
    wait(tab, "!document.querySelector('[data-stale=true]')", "the whole page")
    wait(tab, "document.querySelectorAll('img.drawing').length == 3", "the drawings")


def attack(tab: Tab) -> None:
    """A typo, and an attack."""
    click(tab, "A typo")
    wait(tab, "document.querySelector('.beside')", "the typo")
    click(tab, "Attack")
    ended = "[...document.querySelectorAll('.remark')].some(e => /[0-9] queries/.test(e.innerText))"
    wait(tab, ended, "the end of the attack")
    wait(tab, "!document.querySelector('[data-stale=true]')", "the whole page")


def main() -> None:
    """Take every picture."""
    folders = runs("Pictures of the page.")
    with open_tab() as tab:
        for language, (sentence, word) in SENTENCES.items():
            with served(folders[language]) as address:
                for name, run, width, first, last in SHOTS:
                    if run != language:
                        continue
                    visit(tab, address, width)
                    ask(tab, sentence, word)
                    if last is None:
                        attack(tab)
                    keep(name, shoot(tab, width, first, last))


if __name__ == "__main__":
    main()
