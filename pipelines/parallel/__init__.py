"""One training by several processes, as `torchrun` starts them."""
