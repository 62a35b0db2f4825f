"""Supply-chain compliance auditor for vehicle controllers."""

__version__ = "0.1.0"
