"""Papers: what stands on a sheet, as values, and the writer that makes a file of it."""
