"""Who can sign in, and how they prove it."""
