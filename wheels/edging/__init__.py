"""How the edge component is made: its tools (tools.py), what goes into it (building.py)."""
