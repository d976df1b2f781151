"""What medicine leaves in and on a chest, and the lead letters beside it."""
