"""One file is one control; the listing of these folders is the product."""
