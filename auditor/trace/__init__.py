"""Components to origin, ownership, license and sourcing."""
