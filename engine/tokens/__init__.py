"""Token encoders that spike, trained with little memory: the same spikes and gradients."""
