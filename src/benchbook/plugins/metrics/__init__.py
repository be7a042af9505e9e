"""Figures of many verdicts together."""
