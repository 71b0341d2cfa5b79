"""Becomes another program that cannot outlive its parent; run by file path, so that it starts in milliseconds.

`python -I -S launch.py PARENT_PID SIGNAL UID GID CAPABILITY -- PROGRAM ARGUMENT…`

- The kernel sends SIGNAL to the program when the parent dies, however it dies: nothing is ever left running.
- UID and GID (-1: stay as is) are taken on first, because PostgreSQL refuses to run as root.
- CAPABILITY (-1: none) is kept across that change: the one number that lets the new user walk through directories
  closed to it, such as a checkout below root's home. Nobody's directories are changed.

Only the standard library may be imported here.
"""

import ctypes
import os
import struct
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522


def _prctl(libc: ctypes.CDLL, *arguments: int) -> None:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:5]]
    if libc.prctl(*padded) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _keep_only(libc: ctypes.CDLL, capability: int) -> None:
    """Reduce this process to one capability, which every program that it executes keeps (capabilities(7))."""
    word, bit = divmod(capability, 32)
    sets = [0] * 6  # effective, permitted, inheritable of capabilities 0 to 31, then of 32 to 63
    sets[word * 3 : word * 3 + 3] = [1 << bit] * 3
    header = ctypes.create_string_buffer(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0))
    if libc.capset(header, ctypes.create_string_buffer(struct.pack("=6I", *sets))) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _prctl(libc, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _become(libc: ctypes.CDLL, uid: int, gid: int, capability: int) -> None:
    if capability >= 0:
        # Capabilities stay across the change of user, and access(2) looks at them: initdb asks it for its neighbours.
        _prctl(libc, _PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if capability >= 0:
        _keep_only(libc, capability)


def main(arguments: list[str]) -> None:
    """Do what the module says; raises OSError where the system refuses."""
    parent, death_signal, uid, gid, capability = (int(argument) for argument in arguments[:5])
    program = arguments[6:]
    libc = ctypes.CDLL(None, use_errno=True)
    if uid >= 0:
        _become(libc, uid, gid, capability)
    if sys.platform == "linux":
        # After the change of user, which would clear it.
        _prctl(libc, _PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:
        raise SystemExit("the parent process ended first")
    os.execv(program[0], program)  # noqa: S606 - this program's purpose; there is no shell


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except OSError as error:
        raise SystemExit(f"cannot start {sys.argv[7]}: {error}") from None
