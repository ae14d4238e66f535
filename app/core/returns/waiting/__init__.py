"""What waits for a member of staff, and since when."""
