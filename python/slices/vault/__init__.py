"""The wallet's keys: opened by a passcode, locked again, wiped from memory. No page; the wallet, backups and credentials use it."""
