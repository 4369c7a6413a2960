"""The page itself, from top to bottom; Streamlit runs it anew at every touch."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from markupsafe import Markup

from ...engine.explanation.text import Explanation, without_each
from ...errors import SnnConvertError
from ...formatting import joules, percent
from ..display.names import in_sentence, title
from ..run_folder.records.energy import EnergyRow
from ..run_folder.stages import kind_of
from . import attacking, edits
from .beside import beside
from .costs import sentence_costs
from .loaded import Loaded, load
from .panels import MOST_WORDS, logits_panel, spikes_panel
from .pieces import (
    card,
    cards,
    note,
    picture,
    steps_table,
    table,
    trouble,
    windows_table,
    words_for,
)

STYLE = Path(__file__).with_name("style.css")
TOP = 6  # windows that are shown
MOST_LETTERS = 2000
MICRO = "\N{MICRO SIGN}"
LEGEND = (
    "Blue words speak for the class, orange ones against it; the figures below them add up, with "
    "the bias, to the logit less the mean of the other logits."
)


@cache
def loaded(path: str) -> Loaded:
    """What the run has, loaded once for all who look at the page."""
    return load(path)


def show(path: str) -> None:
    """Draw the page of the run folder ``path``."""
    st.set_page_config(page_title="snnconvert", layout="wide")
    st.html(f"<style>{STYLE.read_text(encoding='utf-8')}</style>")
    try:
        run = loaded(path)
        _head(run)
        text, model = _asked(run)
        _answers(run, text, model)
    except SnnConvertError as error:
        st.html(trouble(str(error)))


def _head(run: Loaded) -> None:
    classes = ", ".join(run.data.classes)
    st.html(
        Markup(
            '<header class="top"><p class="kicker">snnconvert</p>'
            "<h1>How the networks decide</h1>"
            '<p class="lead">Type a sentence. See which words the ANN and the spiking network '
            "decide by, step by step, and what a small change does.</p>"
            '<p class="remark">Run <code>{}</code>: {}, classes <span lang="{}">{}</span>. '
            "Nothing that you type leaves this machine.</p></header>"
        ).format(run.run.path.name, run.data.name, run.language, classes)
    )


def _asked(run: Loaded) -> tuple[str, str]:
    """The sentence and the model that were chosen."""
    state = st.session_state
    state.setdefault("text", run.examples[0] if run.examples else "")

    def take(example: str) -> None:
        state["text"] = example

    with st.form("sentence", border=False):
        text = st.text_area("Sentence", key="text", max_chars=MOST_LETTERS, height=80)
        st.form_submit_button("Explain", type="primary")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(
            "Model", run.models, format_func=title, key="model", disabled=len(run.models) < 2
        )
        for number, example in enumerate(run.examples[:3], start=1):
            st.button(f"Example {number}", on_click=take, args=(example,))
    return text, model


def _answers(run: Loaded, text: str, model: str) -> None:
    """Everything below the sentence."""
    found, ann = run.explain(model, text)
    with run.lock:
        costs = sentence_costs(run.pair(model), text)
        shares = {name: run_probability(run, name, text) for name in dict.fromkeys((model, "ann"))}
    _cards(run, model, found, ann, costs, shares)
    k = _class(found)
    _words(run, model, found, ann, k)
    _steps(run, model, found, ann)
    _what_if(run, model, found, k)
    _attack(run, model, found, k)
    _energy(costs)


def run_probability(run: Loaded, model: str, text: str) -> float:
    """The probability of the class that a model of the run answers."""
    pair = run.pair(model)
    return float(pair.own.probabilities([text])[0].max())


def _cards(
    run: Loaded,
    model: str,
    found: Explanation,
    ann: Explanation | None,
    costs: list[EnergyRow],
    shares: dict[str, float],
) -> None:
    """The answers, and what the sentence costs."""
    steps = len(found.parts.running)
    after = f"after {steps} steps" if model != "ann" else "in one pass"
    answer = found.classes[found.predicted]
    sure = f"{percent(shares[model])} % sure, {after}"
    items = [card(model, title(model), answer, sure, run.language)]
    if ann is not None:
        sure = f"{percent(shares['ann'])} % sure, in one pass"
        items.append(card("ann", title("ann"), ann.classes[ann.predicted], sure, run.language))
    own = [row for row in costs if row.victim == model and row.joules_per_sentence is not None]
    if own and model != "ann":
        row = own[0]
        times = row.ratio_to_sparse_ann
        below = f"projected by {row.model}" + (
            f", {times:.2g} times the sparse ANN" if times is not None else ""
        )
        items.append(
            card("energy", "Energy of this sentence", joules(row.joules_per_sentence, MICRO), below)
        )
    st.html(cards(items))
    if found.draws:
        st.html(note("The input is drawn at random: what is below is one draw."))
    if not all(found.known):
        st.html(note("Dotted words are not in the vocabulary of the model."))
    if found.left_out:
        st.html(note(f"The last {found.left_out} words are not read: the model cuts long texts."))


def _class(found: Explanation) -> int:
    """The class that is explained: the answer, or the one that is chosen of three and more."""
    if len(found.classes) < 3:
        return found.predicted
    chosen = st.selectbox("Explain the class", found.classes, index=found.predicted)
    return found.classes.index(chosen)


def _heading(text: str, below: str = "") -> None:
    st.html(Markup('<h2>{}</h2><p class="remark">{}</p>').format(text, below))


def _words(run: Loaded, model: str, found: Explanation, ann: Explanation | None, k: int) -> None:
    """Words and windows that carry the decision."""
    _heading(f"Words that speak for {found.classes[k]}", LEGEND)
    st.html(Markup("<h3>{}</h3>{}").format(title(model), words_for(found, k, run.language)))
    if ann is not None:
        st.html(Markup("<h3>{}</h3>{}").format(title("ann"), words_for(ann, k, run.language)))
    strongest = found.strongest(TOP)
    windows = [found.parts.windows[w] for w in strongest]
    with run.lock:
        left = without_each(run.pair(model).own, found.text, windows)
    _heading(
        "Windows that carry it",
        "A filter reads a window of words. What it gave is exact; without it others step in, which "
        "a second run of the network shows.",
    )
    without = dict(zip(strongest, left, strict=True))
    st.html(windows_table(found, k, without, run.language))


def _steps(run: Loaded, model: str, found: Explanation, ann: Explanation | None) -> None:
    """The decision step by step, and the spikes of each word."""
    parts, kind = found.parts, "snn" if kind_of(model) == "snn" else "finetuned"
    if model == "ann":
        return
    _heading(
        "Step by step",
        "Each word sends its spikes to the filters; those that the pooling passes on add up to the "
        "logits.",
    )
    what = "Input spikes of each word" if parts.spiking else "Mean input current of each word"
    passed = "Spikes passed on, by word"
    panels = (
        (what, spikes_panel(found.words, parts.input, run.language, kind, what)),
        (passed, spikes_panel(found.words, parts.passed, run.language, kind, passed)),
        ("Running logits", logits_panel(found, kind)),
    )
    figures = Markup("").join(
        Markup("<figure><figcaption>{}</figcaption>{}</figure>").format(name, picture(svg, name))
        for name, svg in panels
    )
    st.html(Markup('<div class="panels">{}</div>').format(figures))
    if len(found.words) > MOST_WORDS:
        st.html(note(f"The first {MOST_WORDS} of {len(found.words)} words are drawn."))
    st.html(steps_table(model, found, ann))


def _what_if(run: Loaded, model: str, found: Explanation, k: int) -> None:
    """A changed text beside the sentence."""
    _heading("What if", "A typo or a word of like meaning, at the word that counts most.")
    state = st.session_state
    if state.get("changed_of") != found.text:
        state["changed"], state["change"], state["changed_of"] = found.text, "", found.text

    with st.container(horizontal=True):
        mistyped = st.button("A typo")
        similar = st.button("A similar word")
    if mistyped or similar:
        with st.spinner("looking for a word"):
            own = run.pair(model).own
            edit = edits.similar(found, own) if similar else edits.typo(found, run.language)
        state["changed"] = edit.text if edit else found.text
        state["change"] = edit.what if edit else "no word of this sentence can be changed so"
    changed = st.text_area("Changed sentence", key="changed", max_chars=MOST_LETTERS, height=80)
    if state["change"]:
        st.html(note(state["change"]))
    if changed != found.text:
        _beside(run, model, found, changed, k)


def _beside(run: Loaded, model: str, found: Explanation, changed: str, k: int) -> None:
    other, ann = run.explain(model, changed)
    st.html(beside(model, found, other, ann, k, run.language))


def _attack(run: Loaded, model: str, found: Explanation, k: int) -> None:
    """One click on an attack."""
    _heading(
        "Attack it",
        f"A search for small changes that turn the {in_sentence(model)} from its answer.",
    )
    try:
        names = attacking.ready(run.language)
    except SnnConvertError as error:
        st.html(trouble(str(error)))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Attack", names)
        clicked = st.button("Attack")
    state = st.session_state
    if clicked:
        try:
            with run.lock:
                record = _attacked(run, model, found.text, name)
            state["attacked"] = (found.text, model, name, record)
        except SnnConvertError as error:
            st.html(trouble(str(error)))
    if state.get("attacked", ())[:2] == (found.text, model):
        _attack_result(run, model, found, k, *state["attacked"][2:])


def _attacked(run: Loaded, model: str, text: str, name: str) -> Any:
    """The record of an attack, with a bar of its queries."""
    budget = attacking.BUDGET
    bar = st.progress(0.0, text="loading the attack")

    def told(asked: int) -> None:
        bar.progress(min(asked / budget, 1.0), text=f"{min(asked, budget)} of {budget} queries")

    try:
        return attacking.attack_once(run.pair(model).own, text, name, told, budget)
    finally:
        bar.empty()


def _attack_result(
    run: Loaded, model: str, found: Explanation, k: int, name: str, record: Any
) -> None:
    if record.status == "error":
        st.html(trouble(f"{name}: {record.error}"))
    elif record.adversarial_text is None:
        st.html(note(f"{name} found no change that works in {record.queries} queries."))
    else:
        st.html(
            note(
                f"{name} changed {record.words_changed} of {record.words} words in "
                f"{record.queries} queries."
            )
        )
        _beside(run, model, found, record.adversarial_text, k)


def _energy(costs: list[EnergyRow]) -> None:
    """Energy of this sentence by every table that is shown first."""
    _heading(
        "Energy of this sentence",
        "Projections: operations counted on this sentence, priced by published figures, and in "
        "brackets how many times the sparse ANN. Nothing was measured on a chip.",
    )
    tables = list(dict.fromkeys(row.model for row in costs))
    by_network: dict[str, dict[str, EnergyRow]] = {}
    for row in costs:
        if row.setting != "padding skipped":  # one text has no padding
            by_network.setdefault(title(row.victim), {})[row.model] = row
    rows = [[name, *(_cost(of[t]) for t in tables)] for name, of in by_network.items()]
    st.html(table(["network", *tables], rows, words=1))


def _cost(row: EnergyRow) -> str:
    """Energy, and how often it is that of the sparse ANN."""
    times = row.ratio_to_sparse_ann
    ratio = "" if times is None else f" ({times:.2g}\N{MULTIPLICATION SIGN})"
    return f"{joules(row.joules_per_sentence, MICRO)}{ratio}"
