"""`snnconvert finetune`: surrogate gradients, and adversarial texts."""
