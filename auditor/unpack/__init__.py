"""Bytes to child artifacts: one module per container format."""
