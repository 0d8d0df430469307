"""The part of PyScript's namespace that pool workers have: `from pyscript import storage, Storage`.

storage.py and flatted.py are PyScript's own, unmodified (static/pyscript/…/stdlib); pyscript.toml mounts them beside
this file. The tests find them by `extend_path`.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)

from pyscript.storage import Storage, storage

__all__ = ["Storage", "storage"]
