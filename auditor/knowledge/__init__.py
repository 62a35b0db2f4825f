"""Typed, indexed facts from rules/knowledge."""
