"""Adversarial attacks through TextAttack: victims, presets, resumable runs, scores."""
