"""Many patients: settings, worker processes, images and table."""
