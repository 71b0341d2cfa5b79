"""Where the product's own files are: inside an installed wheel, or in a checkout."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent
_CHECKOUT = _PACKAGE.parent.parent


def asset(name: str) -> Path:
    """Return the directory `sql` or `manifests` that belongs to this release."""
    installed = _PACKAGE / "assets" / name
    return installed if installed.is_dir() else _CHECKOUT / name


def web_root() -> Path:
    """Return the directory of the built web page; it need not exist."""
    installed = _PACKAGE / "assets" / "web"
    return installed if installed.is_dir() else _CHECKOUT / "frontend" / "dist"
