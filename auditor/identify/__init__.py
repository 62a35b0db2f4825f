"""Artifacts to evidence and documents."""
