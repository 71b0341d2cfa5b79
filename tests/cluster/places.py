"""Where a cluster lives: its slot decides its directory, its addresses and its bridge, so that several run at a time.

`TICKLOOM_CLUSTER` is the slot, 0 to 7, 0 where it is not set.
"""

import os
from pathlib import Path
from typing import Final

SLOT: Final = int(os.environ.get("TICKLOOM_CLUSTER", "0"))
if not 0 <= SLOT <= 7:
    raise SystemExit("TICKLOOM_CLUSTER is the number of a cluster, 0 to 7")

HERE: Final = Path(__file__).resolve().parent
_CACHE_HOME: Final = os.environ.get("XDG_CACHE_HOME")
CACHE: Final = (Path(_CACHE_HOME) if _CACHE_HOME else Path.home() / ".cache") / "tickloom" / "cluster"
STATE: Final = Path(f"/var/lib/tickloom-cluster-{SLOT}")
"""Everything of the running cluster: `down` wipes it."""
VOLUMES: Final = Path("/tmp/hostpath_pv")  # noqa: S108 - where the controller manager's provisioner puts volumes
PKI: Final = STATE / "pki"
ADMIN: Final = STATE / "admin.kubeconfig"
AUDIT_LOG: Final = STATE / "audit.log"

BRIDGE: Final = f"tlbr{SLOT}"
FABRIC: Final = f"172.30.{SLOT}"
"""The network that joins the nodes; .1 is this machine, .11 the first node."""
PODS: Final = f"10.{88 + SLOT}"
"""Node i owns PODS.i.0/24."""
SERVICES: Final = f"10.{96 + SLOT}.0.0/16"
API_SERVICE: Final = f"10.{96 + SLOT}.0.1"
DNS: Final = f"10.{96 + SLOT}.0.10"
SERVER: Final = f"https://{FABRIC}.11:6443"
