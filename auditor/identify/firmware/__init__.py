"""Detectors: one module each, one artifact in, votes out."""
