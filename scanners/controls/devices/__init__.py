"""The machines that open ePHI."""
