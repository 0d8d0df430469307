"""The import system and native code: packed wheels, lazy modules, ctypes on wasm. Knows no worker and no request."""
