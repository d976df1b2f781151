"""What can be wrong in a chest, and what only looks like it."""
