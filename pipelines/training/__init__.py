"""The training of a text classifier: the loop of `train` and `finetune`, and its losses."""
