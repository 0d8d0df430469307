"""The wallet slice: KERI identifiers of this device, on one worker only. See vault.py for what holds the keys."""
