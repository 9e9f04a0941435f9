"""`kinerja doctor`: looks at an installation from the outside and says what to do."""
