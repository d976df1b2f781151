"""Experiments behind lesson 16: which changes of a film keep its label."""
