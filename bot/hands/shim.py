"""The process between hands and one command, as a container runtime has it: whatever the command leaves is its child.

Run as a script of its own, with the standard library alone. It makes itself the reaper of all that comes below it
(`PR_SET_CHILD_SUBREAPER`, Linux), so that nothing gets away by a session of its own or by a parent that ends, and it
ends all of that once the command has ended. Over the descriptor that it is given it reads what to execute and the
words TERM and KILL, and says how it went, a line each. When nobody listens any more the command is followed all the
same: nobody knows then how it ended, and it is not cut off half way. Elsewhere than on Linux it knows of the command's
own process group alone.
"""

import ctypes
import marshal
import os
import resource
import select
import signal
import sys
from contextlib import suppress

_LINUX = sys.platform.startswith("linux")
_SUBREAPER = 36
_LOOK_MS = 200
_ROUNDS = 100
_PAUSE_MS = 20
"""So many times all that is left gets KILL, with so long between."""


def shim(control: int) -> None:
    """Execute what is asked for, follow it to its end, and leave nothing behind."""
    os.set_inheritable(control, False)
    argv, environment, limits = _told(control)
    if _LINUX:
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    pid, failed = _start(argv, environment, limits)
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # whoever reads the command's output sees its end when the command's own end is over
        os.dup2(silence, stream)
    if failed:
        os.waitpid(pid, 0)
        _say(control, f"failed {failed}")
        return
    _say(control, f"pid {pid}")
    _say(control, f"exit {_follow(pid, control)}")
    _say(control, f"left {_end_all(pid)}")


def _told(control: int) -> tuple[list[str], dict[str, str], list[tuple[int, int]]]:
    size, text = int.from_bytes(_exactly(control, 8), "big"), b""
    text = _exactly(control, size)
    return marshal.loads(text)  # type: ignore[no-any-return]  # noqa: S302  (our own parent's words, over our own pipe)


def _exactly(control: int, size: int) -> bytes:
    text = b""
    while len(text) < size:
        piece = os.read(control, size - len(text))
        if not piece:
            os._exit(1)
        text += piece
    return text


def _start(argv: list[str], environment: dict[str, str], limits: list[tuple[int, int]]) -> tuple[int, int]:
    """Its process, and the number of the error when it could not be made. Bounded before it is the program."""
    reading, writing = os.pipe()  # closed by the very start of the program
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            for which, most in limits:
                hard = resource.getrlimit(which)[1]
                lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.setrlimit(which, (lower, lower))
            for one in (signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGXFSZ):
                signal.signal(one, signal.SIG_DFL)
            os.execve(argv[0], argv, environment)  # noqa: S606  (no shell; the caller has held it to what is allowed)
        except OSError as failure:
            os.write(writing, str(failure.errno or 1).encode())
        except BaseException:  # noqa: BLE001  (this process may not go on as another shim)
            os.write(writing, b"22")
        os._exit(127)
    os.close(writing)
    failed = os.read(reading, 16)
    os.close(reading)
    return pid, int(failed or 0)


def _follow(pid: int, control: int) -> int:
    """Wait for the command, and do what is said meanwhile; its exit code, or minus the number of its signal."""
    poller = select.poll()
    poller.register(control, select.POLLIN)
    if _LINUX:
        poller.register(os.pidfd_open(pid), select.POLLIN)
    while True:
        heard = [descriptor for descriptor, _ in poller.poll(_LOOK_MS)]
        if control in heard:
            words = os.read(control, 256)
            if not words:
                poller.unregister(control)
            for word, which in ((b"TERM", signal.SIGTERM), (b"KILL", signal.SIGKILL)):
                if word in words:
                    _signal(pid, which)
        ended = _reap(pid)
        if ended is not None:
            return os.waitstatus_to_exitcode(ended)


def _end_all(pid: int) -> int:
    """KILL to everything that is left; how many could not be ended, since they are another user's by now."""
    left = 0
    for _ in range(_ROUNDS):
        took, left = _signal(pid, signal.SIGKILL), len(_below())
        _reap(0)
        if not left or not took:
            break
        select.poll().poll(_PAUSE_MS)
    return left


def _reap(pid: int) -> int | None:
    """Fetch whatever has ended here; the status of `pid`, if it was among that."""
    found = None
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            found = ended[1] if ended[0] == pid else found
    except ChildProcessError:
        return found
    return found


def _signal(pid: int, which: signal.Signals) -> bool:
    """Send it to the command's group and to each process below; whether any took it."""
    took = False
    with suppress(OSError):
        os.killpg(pid, which)
    for one in _below():
        try:
            os.kill(one, which)
            took = True
        except OSError:
            continue
    return took


def _below() -> list[int]:
    """Everything that descends from this process and still lives, in whatever session."""
    if not _LINUX:
        return []
    parents: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208  (no more imports than need be)
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123  (as above)
                    state, parent = file.read().rpartition(b")")[2].split()[:2]
            except OSError:
                continue
            if state != b"Z":
                parents.setdefault(int(parent), []).append(int(name))
    found, next_ = [], [os.getpid()]
    while next_:
        children = parents.get(next_.pop(), [])
        found += children
        next_ += children
    return found


def _say(control: int, words: str) -> None:
    try:
        os.write(control, f"{words}\n".encode())
    except OSError:
        return  # nobody listens any more


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    shim(int(sys.argv[1]))
