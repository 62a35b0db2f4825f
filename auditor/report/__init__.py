"""A Report to bytes: one module per format."""
