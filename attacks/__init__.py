"""Adversarial attacks through TextAttack: victims, recipes, resumable runs, scores."""
