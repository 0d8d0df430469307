"""What is kept in the browser: lmdb in memory with a log and checkpoints, and named stores. Knows no request and no slice."""
