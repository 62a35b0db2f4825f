"""Votes and documents to one inventory: components, links, declared against observed."""

from auditor.resolve.inventory import resolve

__all__ = ["resolve"]
