"""What can go wrong in the warehouse, each as one sentence for the user: what, where, way out."""

from __future__ import annotations


class WarehouseError(RuntimeError):
    """A build, copy or query that did not happen; what was published before still stands."""


class WarehouseLocked(WarehouseError):  # noqa: N818 - says what is, as the contract names it
    """Another process writes the build database."""


class CheckFailed(WarehouseError):  # noqa: N818
    """A check found bad rows; nothing was published."""
