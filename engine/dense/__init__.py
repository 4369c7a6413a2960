"""Chains of dense layers of CUBA-LIF neurons, trained with all steps of a layer at once."""
