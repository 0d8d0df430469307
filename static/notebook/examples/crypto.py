# %% [markdown]
# # Hashes, signatures, and what stands against quantum computers

# %%
import blake3

blake3.blake3(b"hello").hexdigest()

# %% [markdown]
# ## libsodium, by pysodium

# %%
import pysodium

public, secret = pysodium.crypto_sign_seed_keypair(bytes(32))
signature = pysodium.crypto_sign_detached(b"hello", secret)
pysodium.crypto_sign_verify_detached(signature, b"hello", public)
signature.hex()

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
