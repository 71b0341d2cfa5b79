"""What an administrator decides about the operator: `TICKLOOM_OPERATOR_*` variables and the template of collectors.

Read once, at the start. Where database and Redis are, log level and probe port are settings of every process and are
read by `tickloom.settings.environment`.
"""

from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from tickloom_operator.errors import BadTemplate

CONTAINER: Final = "collector"
BACKFILL_CONTAINER: Final = "backfill"


class OperatorSettings(BaseSettings):
    """Everything that can be set; the field descriptions are the documentation."""

    model_config = SettingsConfigDict(
        env_prefix="TICKLOOM_OPERATOR_", frozen=True, extra="ignore", env_ignore_empty=True
    )

    namespace: str = Field(
        default="", description="Namespace whose Symbols and Exchanges are served; that of the operator where empty"
    )
    all_namespaces: bool = Field(default=False, description="Serve all namespaces; it needs a ClusterRole")
    collector_template: Path = Field(
        default=Path("/etc/tickloom/operator/collector.yaml"),
        description="YAML file with a pod template of collectors: `metadata`, `spec` with a container `collector`",
    )
    backfill_template: Path = Field(
        default=Path("/etc/tickloom/operator/backfill.yaml"),
        description="YAML file with a pod template of backfill Jobs (container `backfill`); no Jobs where it is absent",
    )
    backfill_jobs: int = Field(default=4, ge=1, description="How many backfill Jobs of one exchange run at a time")
    kubeconfig: Path | None = Field(default=None, description="How to reach the API server from outside a pod")
    identity: str = Field(
        default="", description="Name of this replica in the Lease; host name and a number where empty"
    )
    lease_name: str = Field(default="tickloom-operator", description="Name of the Lease that decides who leads")
    lease_seconds: int = Field(
        default=12, ge=3, description="A leader that has not renewed the Lease for this long is replaced"
    )
    observe_seconds: float = Field(
        default=15, gt=0, description="How often freshness, quality and gaps are read; what is news is written at once"
    )
    status_seconds: float = Field(
        default=300, gt=0, description="How often a status tells what is no news, such as the time of the latest bar"
    )
    resync_seconds: float = Field(
        default=120, ge=1, description="How often everything is listed and looked at again, whatever the watches told"
    )


def load_template(path: Path, name: str) -> dict[str, Any]:
    """Return a pod template with a container of this name. Raises BadTemplate, whose message says what to mend."""
    try:
        template = yaml.safe_load(path.read_text())
        containers = [container["name"] for container in template["spec"]["containers"]]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise BadTemplate(f"{path} is no pod template with containers ({error!r}); see docs/OPERATOR.md") from error
    if name not in containers:
        raise BadTemplate(f"{path} has no container named {name!r}; see docs/OPERATOR.md")
    return {"metadata": template.get("metadata") or {}, "spec": template["spec"]}
