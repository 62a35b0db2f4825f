"""Isolated processes that unpack and identify; the only place that knows about processes."""
