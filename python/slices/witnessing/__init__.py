"""Witnesses of the wallet's identifiers: which ones, where they are, and their receipts. No routes: the wallet has these."""
