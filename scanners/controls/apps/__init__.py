"""Applications that can reach ePHI."""
