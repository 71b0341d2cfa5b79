"""Container images without a registry: a base from Debian packages, the rest from ordinary Dockerfiles."""

import fcntl
import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cluster.places import CACHE
from cluster.shell import capture, run

RELEASE: Final = "trixie"
_NAME: Final = "org.opencontainers.image.ref.name"
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


@contextmanager
def archived(names: Sequence[str]) -> Iterator[Path]:
    """Write images as one OCI archive, for as long as the block runs; layers that they share are in it once.

    Compressed layers are kept from one time to the next, as long as they are used.
    """
    layout = CACHE / "images"
    layout.mkdir(parents=True, exist_ok=True)
    with (CACHE / "images.lock").open("w") as lock, tempfile.TemporaryDirectory(prefix="tickloom-images-") as folder:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _write_new(layout, names)
        _forget_unused(layout)
        archive = Path(folder) / "images.tar"
        _pack(layout, names, archive)
        yield archive


def _write_new(layout: Path, names: Sequence[str]) -> None:
    """Write the images that are not in the layout as they are now; buildah itself would compress all of them again."""
    record = layout / "written.json"
    written: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    listed = capture(["buildah", "images", "--no-trunc", "--format", "{{.Name}}:{{.Tag}} {{.ID}}"], _ENVIRONMENT)
    present = dict(line.split() for line in listed.splitlines())
    for name in names:
        if written.get(name) != present[name]:
            fast = ("--compression-format", "zstd", "--compression-level", "1")
            _buildah("push", "--quiet", *fast, name, f"oci:{layout}:{name}")
            record.write_text(json.dumps(written := {**written, name: present[name]}))


def _pack(layout: Path, names: Sequence[str], archive: Path) -> None:
    index = json.loads((layout / "index.json").read_text())
    index["manifests"] = [m for m in index["manifests"] if m["annotations"][_NAME] in names]
    for manifest in index["manifests"]:
        # containerd takes the name from its own annotation, and would put a prefix before the standard's.
        manifest["annotations"]["io.containerd.image.name"] = manifest["annotations"][_NAME]
    content = json.dumps(index).encode()
    entry = tarfile.TarInfo("index.json")
    entry.size = len(content)
    with tarfile.open(archive, "w") as tar:
        tar.addfile(entry, io.BytesIO(content))
        tar.add(layout / "oci-layout", "oci-layout")
        for digest in _reachable(layout, index):
            tar.add(_blob(layout, digest), f"blobs/{digest.replace(':', '/')}")


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")


def _reachable(layout: Path, index: dict[str, Any]) -> set[str]:
    """Return the digests of the manifests of an index and of all that they name."""
    found: set[str] = set()
    for entry in index["manifests"]:
        manifest = json.loads(_blob(layout, entry["digest"]).read_text())
        found |= {entry["digest"], manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])}
    return found


def _forget_unused(layout: Path) -> None:
    index = json.loads((layout / "index.json").read_text())
    # An image whose name was given to a later one stays in the index without a name.
    index["manifests"] = [m for m in index["manifests"] if _NAME in m.get("annotations", {})]
    (layout / "index.json").write_text(json.dumps(index))
    used = _reachable(layout, index)
    for unfinished in layout.glob("oci-put-blob*"):
        unfinished.unlink()
    for blob in layout.glob("blobs/*/*"):
        if f"{blob.parent.name}:{blob.name}" not in used:
            blob.unlink()
