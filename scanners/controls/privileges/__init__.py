"""Who administers, who is a guest, who owns."""
