"""What an import brings: what is taken of it, what waits, what is told of it. Stores nothing itself."""
