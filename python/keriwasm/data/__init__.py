"""PURE. Bytes, texts and values: no worker, no request, no file. Imports nothing of ours."""
