"""THE APP. Each slice is a Falcon app of its own, named in pyscript.toml; the runtime knows none of them.

Beside the slices lie rooms that several share: `foreign` (what strangers made, read within bounds), `kels` (what a key event log
says), `vault` (the wallet's keys)."""
