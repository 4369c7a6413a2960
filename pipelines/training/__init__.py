"""The loop of `train` and `finetune`."""
