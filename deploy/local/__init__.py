"""The embedded stack: everything on one machine, nothing installed, nothing kept elsewhere."""
