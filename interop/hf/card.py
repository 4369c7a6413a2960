"""The model card: what the hub reads of a model in YAML, and what people read below it.

Every figure is one of the run's results.json; what was not measured is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...formatting import count, joules, listing, markdown_table, percent

LIBRARY = "snnconvert"
TASK = "text-classification"
TAGS = ("spiking-neural-network", "ann-to-snn")
SHOWN = ("compute-fp32", "compute-int8", "lemaire2022")
"""Energy models that are shown where they were asked."""


def model_card(
    facts: Mapping[str, Any],
    classes: Sequence[str],
    encoder: Any,
    texts: Mapping[str, Any],
    of: str,
) -> str:
    """The card of a model.

    Args:
        facts: as `interop.export.Exported.facts`: "model" and "results"
        classes: K names
        encoder: of an SNN, or None
        texts: as `interop.export.Exported.texts`
        of: its licence
    """
    import yaml

    results, which = facts.get("results", {}), str(facts.get("model", "model"))
    data, own = results.get("data", {}), results.get(which, {})
    head = yaml.safe_dump(
        _head(data, own, which, str(texts.get("language", "")), of, encoder is not None),
        sort_keys=False,
        allow_unicode=True,
    )
    parts = [
        *_what(data, own, classes, encoder),
        *_accuracy(data, own),
        *_work(own),
        *_energy(results, which),
        *_robustness(results, which),
        *_use(classes),
    ]
    return f"---\n{head}---\n\n" + "\n\n".join(parts) + "\n"


def _head(
    data: Mapping[str, Any], own: Mapping[str, Any], which: str, language: str, of: str, snn: bool
) -> dict[str, Any]:
    """What the hub reads."""
    name = str(data.get("name", ""))
    found: dict[str, Any] = {
        "library_name": LIBRARY,
        "pipeline_tag": TASK,
        "language": language,
        "license": of,
        "tags": list(TAGS) if snn else ["text-cnn"],
    }
    hub = name.removeprefix("hf:") if name.startswith("hf:") else ""
    found |= {"datasets": [hub]} if hub else {}
    if own.get("test_accuracy") is not None and name:
        steps = own.get("steps")
        metric = {"type": "accuracy", "value": round(float(own["test_accuracy"]), 6)}
        metric |= {"name": f"Accuracy after {steps} steps" if steps else "Accuracy"}
        dataset = {"name": name, "type": hub or name, "split": "test"}
        result = {"task": {"type": TASK}, "dataset": dataset, "metrics": [metric]}
        found["model-index"] = [{"name": f"{LIBRARY} {which}", "results": [result]}]
    return found


def _what(
    data: Mapping[str, Any], own: Mapping[str, Any], classes: Sequence[str], encoder: Any
) -> Iterator[str]:
    """A heading, and what it is in a sentence."""
    name = data.get("name", "a data set")
    language = {"en": "English", "zh": "Chinese"}.get(str(data.get("language")), "")
    kind = "A spiking text CNN" if encoder is not None else "A text CNN"
    title = f"{kind} for {language} texts".replace("for  texts", "for texts")
    yield f"# {title}"
    said = f"It was trained on {name} with the classes {listing(classes)}"
    if encoder is not None:
        said += (
            f", converted to spiking neurons, and reads words as spikes of the code "
            f"{encoder.code} for {own.get('steps')} steps"
        )
    yield f"{said}. It is made with snnconvert."


def _accuracy(data: Mapping[str, Any], own: Mapping[str, Any]) -> Iterator[str]:
    """Accuracy on test, after every step of an SNN."""
    if own.get("test_accuracy") is None:
        return
    size = data.get("sizes", {}).get("test")
    yield "## Accuracy"
    of = f"the {size} test texts" if size else "the test texts"
    yield f"{percent(own['test_accuracy'], 2)} % of {of}."
    by_step = own.get("accuracy_by_step") or []
    if by_step:
        rows = [[str(step), percent(share, 2)] for step, share in enumerate(by_step, 1)]
        yield markdown_table(["steps", "accuracy, %"], rows, right=(0, 1))


def _work(own: Mapping[str, Any]) -> Iterator[str]:
    """Spikes and synaptic operations."""
    spikes, sops = own.get("input_spikes_per_sample"), own.get("sops_per_sample")
    if sops is None:
        return
    yield "## Work"
    yield (
        f"A test text is {count(spikes)} input spikes in the mean and costs {count(sops)} synaptic "
        "operations."
    )


def _energy(results: Mapping[str, Any], which: str) -> Iterator[str]:
    """What a text costs by published prices; a projection."""
    stage = results.get("energy", {})
    shown = stage.get("shown", SHOWN)
    rows = [
        [row["model"], joules(row["joules_per_sentence"]), str(row["setting"])]
        for row in stage.get("rows", ())
        if row["victim"] == which and row["model"] in shown and row["joules_per_sentence"]
    ]
    if rows:
        yield "## Energy"
        yield f"{stage['label']} {count(stage['sentences'])} texts of the {stage['split']} split."
        yield markdown_table(["energy model", "a text", "counted"], rows, right=(1,))


def _robustness(results: Mapping[str, Any], which: str) -> Iterator[str]:
    """Accuracy under the attacks that were run."""
    rows = [
        [
            str(row["attack"]),
            str(row["n"]),
            percent(row["clean_accuracy"]),
            percent(row["verified_accuracy"]),
        ]
        for row in results.get("attack", {}).get("rows", ())
        if row["victim"] == which
    ]
    if rows:
        yield "## Robustness"
        yield "Accuracy before and under attack; adversarial texts count that hold on fresh noise."
        yield markdown_table(["attack", "texts", "clean, %", "attacked, %"], rows, right=(1, 2, 3))


def _use(classes: Sequence[str]) -> Iterator[str]:
    """How it is loaded, and what it is not."""
    yield "## Use"
    yield (
        "```python\nfrom snnconvert.interop.hub import HubClassifier\n\n"
        'classifier = HubClassifier.from_pretrained("THIS FOLDER OR OWNER/NAME")\n'
        'classifier.predict(["a text", "another"])\nclassifier.predict_proba(["a text"])\n```'
    )
    yield "## Limits"
    yield (
        f"It knows the {len(classes)} classes above and no other answer, and the words of its "
        "training texts and of its word vectors; it was measured on texts like these alone. "
        "Spikes are simulated."
    )
