"""The ledger watches: witnesses are asked what they hold, compared with each other and with what was seen first, and remembered."""
