"""See the stand-in's own docstring: cryptography/__init__.py."""
