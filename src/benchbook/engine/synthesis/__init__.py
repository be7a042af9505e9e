"""Synthetic data sets: believable texts with answers that follow from them, drawn from a seed."""
