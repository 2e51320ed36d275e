"""What kinds share."""
