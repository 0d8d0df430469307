"""The places of this app."""

# Where the second key of "g x" goes, relative to the base.
PLACES = {
    "h": "app/",
    "w": "app/wallet",
    "l": "app/ledger",
    "v": "app/credentials",
    "c": "app/crypto",
    "q": "app/pq",
    "b": "app/load",
    "s": "app/suites",
    "n": "app/network",
    "p": "app/pool",
}

# First segments of addresses that belong to a place with another name.
PARENTS = {"identifiers": "wallet", "verify": "ledger"}
