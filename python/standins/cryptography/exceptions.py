"""As in the real package: what a failed verification raises."""


class InvalidSignature(Exception):
    """The signature is not one of the data by the key."""
