"""The tool behind `python wheels/vendor.py`: from wheels/vendor.toml to static/ and static/lock.json."""
