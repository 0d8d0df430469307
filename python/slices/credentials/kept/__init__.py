"""What is kept in memory of the credentials while the wallet is open."""
