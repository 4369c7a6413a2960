"""Choices of options, written out because what they name is heavy to load."""

from __future__ import annotations

CODES = ("saf", "bitplane", "poisson", "direct", "ttfs")
SCHEDULES = ("cosine", "constant")
ENGINES = ("auto", "fast", "torch", "reference")
PRECISIONS = ("exact", "fast")
ATTACKS = (
    *("deepwordbug", "pwws", "textbugger", "textbugger-nouse", "textfooler", "textfooler-nouse"),
    *("iga", "iga-lists", "pso", "pso-wordnet", "pruthi", "checklist-nonames"),
    *("bae", "bae-nouse", "bert-attack", "bert-attack-nouse"),
    *("lv2023-textfooler", "lv2023-textbugger", "lv2023-pwws", "lv2023-pso", "lv2023-deepwordbug"),
    *("lv2023-textfooler-nouse", "lv2023-textbugger-nouse", "lv2023-pwws-nouse"),
    *("lv2023-pso-nouse", "lv2023-deepwordbug-nouse"),
    *("unlimited", "inputreduction"),
    *("zh-homophone", "zh-glyph", "zh-wordnet", "zh-cilin", "zh-masked", "zh-all", "zh-unlimited"),
    *("hotflip-surrogate", "hotflip-rga", "hotflip-averaged"),
    *("zh-hotflip-surrogate", "zh-hotflip-rga", "zh-hotflip-averaged"),
)
