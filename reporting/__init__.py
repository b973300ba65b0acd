"""What is kept, signed, packaged and shown of a run. Reads results and bytes; never the tenant."""
