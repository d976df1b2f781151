"""Pages of `make course`, which work without a network."""
