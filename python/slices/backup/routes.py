"""Backup and restore: they stretch a passphrase and replay logs, so they hold the worker for seconds, and change the wallet once."""

from router.policy.routes import Slice

backup = Slice("backup")

backup.get("/app/wallet/backup", again=False, blocks=60, deadline=180)
backup.change("/app/wallet/backup", heavy=True, blocks=60, deadline=180)
backup.get("/app/wallet/backup/reminder", blocks=15, use=False)
# A secret that is taken once is gone.
backup.get("/app/wallet/backup/files/{token}", again=False, guarded=True)
backup.change("/app/wallet/recovery-key", heavy=True, blocks=60, deadline=90)
backup.change("/app/wallet/recovery-key/forget")
backup.get("/app/wallet/restore")
backup.change("/app/wallet/restore", heavy=True, blocks=90, deadline=300)
