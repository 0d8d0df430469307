"""The routes of credentials, schemas and registries."""

from router.policy.routes import Slice

credentials = Slice("credentials")

credentials.get("/app/credentials/panel")
credentials.get("/app/credentials")
credentials.get("/app/credentials/schemas")
# What was judged elsewhere (slices/verifying) may take as long once more where it is stored.
credentials.change("/app/credentials/schemas", blocks=30, deadline=60)
credentials.get("/app/credentials/schemas/{said}")
credentials.change("/app/credentials/registries")
credentials.get("/app/credentials/registries/{regk}")
credentials.get("/app/credentials/issue")
credentials.change("/app/credentials/issue", blocks=30, deadline=60)
credentials.get("/app/credentials/verify")
credentials.change("/app/credentials/verify", blocks=60, deadline=120)
credentials.change("/app/credentials/receive", blocks=60, deadline=120)
credentials.get("/app/credentials/{said}")
credentials.get("/app/credentials/{said}/cesr", guarded=True)
credentials.change("/app/credentials/{said}/revoke")
