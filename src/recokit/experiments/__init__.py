"""Experiments: A/B tests and off-policy evaluation."""
