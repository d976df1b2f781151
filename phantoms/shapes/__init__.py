"""Geometry under every phantom: solids, tubes and random textures."""
