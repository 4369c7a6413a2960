"""From a preset to the parts of TextAttack."""
