"""The thorax of one patient, and the paths of rays through it."""
