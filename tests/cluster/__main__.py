"""The command line of the test cluster; see README.md beside it."""

import argparse
import os
import sys
from contextlib import nullcontext
from pathlib import Path

from cluster import images
from cluster.binaries import binaries, build
from cluster.life import down, up
from cluster.node import existing_nodes
from cluster.places import ADMIN
from cluster.programs import alive, kill, launch, program, programs
from cluster.shell import run


def main() -> None:
    """Run one command."""
    if sys.argv[1:2] in (["kubectl"], ["helm"]):
        # Their options are theirs, not ours.
        os.environ["KUBECONFIG"] = str(ADMIN)
        os.execv(binaries() / sys.argv[1], sys.argv[1:])  # noqa: S606 - it becomes kubectl
    arguments = _parser().parse_args()
    match arguments.command:
        case "build":
            print(build())
        case "up":
            up(arguments.nodes)
            print(f"export KUBECONFIG={ADMIN} PATH={binaries()}:$PATH")
        case "down":
            down()
        case "ps":
            for name in programs():
                print(f"{name:24} {program(name).pid if alive(program(name).pid) else 'not running'}")
        case "kill":
            kill(arguments.name)
        case "start":
            launch(arguments.name, program(arguments.name).command)
        case "cut" | "join":
            link = next(node.link for node in existing_nodes() if node.name == arguments.name)
            run("ip", "link", "set", link, "down" if arguments.command == "cut" else "up")
        case _:
            _images(arguments)


def _images(arguments: argparse.Namespace) -> None:
    match arguments.command:
        case "debian":
            images.debian(arguments.name, arguments.packages)
        case "image":
            images.build(arguments.name, arguments.args)
        case "save":
            images.save(arguments.name, arguments.file)
        case "load":
            _load(arguments.images)


def _load(wanted: list[str]) -> None:
    """Load archives, and images of buildah by name, into every node."""
    files = [Path(name).resolve() for name in wanted if name.endswith(".tar")]
    names = [name for name in wanted if not name.endswith(".tar")]
    with images.archived(names) if names else nullcontext() as archive:
        for node in existing_nodes():
            for file in (*files, *([archive] if archive else [])):
                node.load(file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/cluster", description="A real Kubernetes without Docker.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("build", help="compile Kubernetes, CoreDNS and Helm; only what is not compiled yet")
    commands.add_parser("up", help="start it; prints what to export").add_argument("--nodes", type=int, default=1)
    commands.add_parser("down", help="stop all of it and remove what it made")
    commands.add_parser("ps", help="list its programs")
    for name, text in (("kill", "SIGKILL a program"), ("start", "start it again")):
        commands.add_parser(name, help=text).add_argument("name")
    for name, text in (("cut", "take a node off the network"), ("join", "bring it back")):
        commands.add_parser(name, help=text).add_argument("name")
    for name in ("kubectl", "helm"):
        commands.add_parser(name, help=f"{name} against it")
    base = commands.add_parser("debian", help="make a base image from Debian packages")
    base.add_argument("name")
    base.add_argument("packages", nargs="+")
    image = commands.add_parser("image", help="build a Dockerfile with buildah's options")
    image.add_argument("name")
    image.add_argument("args", nargs=argparse.REMAINDER)
    save = commands.add_parser("save", help="write an image as a docker archive")
    save.add_argument("name")
    save.add_argument("file", type=Path)
    load = commands.add_parser("load", help="load archives (*.tar) or built images into every node")
    load.add_argument("images", nargs="+")
    return parser


if __name__ == "__main__":
    main()
