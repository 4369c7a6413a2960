"""What inference costs: work counted layer by layer, and priced by tables of published figures.

`layers.py` says what is counted, `spiking.py` counts an SNN and `ann.py` an ANN by the same rules,
`tables.py` prices counts, `breakeven.py`, `exits.py` and `training.py` ask further questions. Every
price makes a projection: nothing here was measured on a chip.
"""
