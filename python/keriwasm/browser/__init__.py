"""THE ONLY room that imports JavaScript: the host, IndexedDB, the navigator, fetch.

Always inside functions, so that it imports anywhere."""
