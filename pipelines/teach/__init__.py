"""`snnconvert teach`: a sentence encoder fine-tuned on the data of a run, and its logits."""
