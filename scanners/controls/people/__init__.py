"""What people must do, sign and know."""
