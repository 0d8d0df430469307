"""The life of the workers: what becomes of each, of the memory snapshot, of the wheels that come later; and the report of it."""
