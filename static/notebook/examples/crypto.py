# %% [markdown]
# # Hashes, signatures, and what stands against quantum computers

# %% [markdown]
# ## BLAKE3: one function, three uses
# A digest; one that only who has the key can make; and a key of its own for each purpose.

# %%
import blake3

print(blake3.blake3(b"hello").hexdigest())
print(blake3.blake3(b"hello", key=bytes(32)).hexdigest())
print(blake3.blake3(b"the secret", derive_key_context="example 2026 session key").hexdigest(length=16))

# %% [markdown]
# ## libsodium, by pysodium: a signature

# %%
import pysodium

public, secret = pysodium.crypto_sign_seed_keypair(bytes(32))
signature = pysodium.crypto_sign_detached(b"hello", secret)
pysodium.crypto_sign_verify_detached(signature, b"hello", public)
try:
    pysodium.crypto_sign_verify_detached(signature, b"hallo", public)
except ValueError:
    print("the other text is refused")
signature.hex()

# %% [markdown]
# ## Something for one reader: a sealed box
# Whoever has the public key can write it; only the secret key opens it.

# %%
boxpublic, boxsecret = pysodium.crypto_box_seed_keypair(bytes(32))
sealed = pysodium.crypto_box_seal(b"for you alone", boxpublic)
len(sealed), pysodium.crypto_box_seal_open(sealed, boxpublic, boxsecret)

# %% [markdown]
# ## ML-KEM: a shared secret, in three lines

# %%
import oqs

with oqs.KeyEncapsulation("ML-KEM-768") as anna, oqs.KeyEncapsulation("ML-KEM-768") as ben:
    ciphertext, bens = ben.encap_secret(anna.generate_keypair())
    annas = anna.decap_secret(ciphertext)
len(ciphertext), annas == bens

# %% [markdown]
# ## ML-DSA: a signature

# %%
with oqs.Signature("ML-DSA-65") as signer, oqs.Signature("ML-DSA-65") as verifier:
    public = signer.generate_keypair()
    signature = signer.sign(b"hello")
    print(len(public), "bytes of key,", len(signature), "bytes of signature, valid:", verifier.verify(b"hello", signature, public))
    print("another text is valid:", verifier.verify(b"hallo", signature, public))
