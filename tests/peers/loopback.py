"""Bring up the loopback of a fresh network namespace, then become the command that is given."""

import fcntl
import os
import socket
import struct
import sys

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1  # linux/sockios.h, linux/if.h
_REQUEST = struct.Struct("16sh14x")  # ifreq: name, flags


def bring_up(name: str) -> None:
    """Set an interface up; raises OSError where that is not allowed."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        found = fcntl.ioctl(handle, SIOCGIFFLAGS, _REQUEST.pack(name.encode(), 0))
        flags = _REQUEST.unpack(found)[1]
        fcntl.ioctl(handle, SIOCSIFFLAGS, _REQUEST.pack(name.encode(), flags | IFF_UP))


if __name__ == "__main__":
    bring_up("lo")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606 - the command comes from tests/peers/run
