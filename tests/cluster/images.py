"""Container images without a registry: a base from Debian packages, the rest from ordinary Dockerfiles."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Final

from cluster.shell import capture, run

RELEASE: Final = "trixie"
_AUTHORITIES: Final = "/etc/ssl/certs/ca-certificates.crt"
_ENVIRONMENT: Final = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "overlay"}


def _buildah(*arguments: str) -> None:
    run("buildah", *arguments, environment=_ENVIRONMENT)


def debian(name: str, packages: list[str]) -> None:
    """Make an image of Debian with these packages, where there is none of this name and these packages."""
    recipe = hashlib.sha256(" ".join([RELEASE, *sorted(packages)]).encode()).hexdigest()[:12]
    if _recipe(name) == recipe:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "rootfs.tar"
        included = ",".join(["ca-certificates", *packages])
        run("mmdebstrap", "--quiet", "--variant=minbase", f"--include={included}", RELEASE, files)
        container = capture(["buildah", "from", "scratch"], _ENVIRONMENT)
        _buildah("add", "--quiet", container, str(files), "/")
        # This machine's, so that pip works inside a build behind a proxy of one's own too.
        _buildah("copy", "--quiet", container, _AUTHORITIES, _AUTHORITIES)
        variables = (f"PIP_CERT={_AUTHORITIES}", f"SSL_CERT_FILE={_AUTHORITIES}")
        _buildah("config", "--label", f"recipe={recipe}", "--env", variables[0], "--env", variables[1], container)
        _buildah("commit", "--quiet", container, name)
        _buildah("rm", container)


def _recipe(name: str) -> str:
    listed = capture(["buildah", "images", "--format", "{{.Name}}:{{.Tag}}"], _ENVIRONMENT).split()
    if name not in listed:
        return ""
    label = '{{index .OCIv1.Config.Labels "recipe"}}'
    return capture(["buildah", "inspect", "--type", "image", "--format", label, name], _ENVIRONMENT)


def build(name: str, arguments: list[str]) -> None:
    """Build a Dockerfile; the arguments are buildah's, the last one is the directory."""
    _buildah("build", "--quiet", "--layers", "--tag", name, *arguments)


def save(name: str, file: Path) -> None:
    """Write an image as a docker archive."""
    file.unlink(missing_ok=True)
    _buildah("push", "--quiet", name, f"docker-archive:{file}:{name}")


def load(names: list[str]) -> list[Path]:
    """Write images as archives in a new directory and return them; the caller removes them."""
    folder = Path(tempfile.mkdtemp(prefix="tickloom-images-"))
    archives = [folder / f"{number}.tar" for number, _ in enumerate(names)]
    for name, archive in zip(names, archives, strict=True):
        save(name, archive)
    return archives
