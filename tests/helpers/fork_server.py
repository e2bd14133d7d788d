"""Runs `dedup` in processes forked from one that has imported the package. This saves most of the start-up time.

The server reads requests from a socket: the arguments, the working directory and the environment as JSON, with the
three standard streams as file descriptors. It answers with the id of the new process, and then with its exit status.
"""

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import IO

_LARGEST = 1 << 20  # bytes of a request
_AT_START = ("PYTHON", "NUMBA", "LC_", "LANG")  # variables that take effect when an interpreter starts


def serve(connection: socket.socket) -> None:
    """Fork a process for each request, until the connection is closed."""
    from dedup import NoveltyFilter
    from dedup.cli import run

    list(NoveltyFilter().judge(["a paragraph", "a paragraph"]))  # loads the kernels
    while True:
        message, files, _, _ = socket.recv_fds(connection, _LARGEST, 3)
        if not message:
            return
        process = os.fork()
        if process == 0:
            connection.close()
            for number, file in enumerate(files):
                os.dup2(file, number)
            request = json.loads(message)
            os.environ.clear()
            os.environ.update(request["environment"])
            os.chdir(request["folder"])
            sys.argv = ["dedup", *request["arguments"]]
            run()
        for file in files:
            os.close(file)
        connection.send(str(process).encode())
        connection.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())


@cache
def _server() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
    )
    theirs.close()

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def can_fork(environment: dict[str, str]) -> bool:
    """Whether a process with these additional variables can be forked, instead of started as a new interpreter."""
    return hasattr(socket, "send_fds") and not any(name.startswith(_AT_START) for name in environment)


def run_forked(
    arguments: list[str], stdin: bytes, folder: Path | None, environment: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run `dedup` to its end. Kill it after `timeout` seconds."""
    server = _server()
    pipes = [os.pipe() for _ in range(3)]
    theirs = [pipes[0][0], pipes[1][1], pipes[2][1]]
    request = {"arguments": arguments, "folder": str(folder or Path.cwd()), "environment": os.environ | environment}
    socket.send_fds(server, [json.dumps(request).encode()], theirs)
    process = int(server.recv(_LARGEST))
    for file in theirs:
        os.close(file)
    guard = threading.Timer(timeout, os.kill, (process, 9))
    guard.start()
    outputs: list[bytes] = [b"", b""]
    threads = [
        threading.Thread(target=_write, args=(open(pipes[0][1], "wb"), stdin)),  # noqa: SIM115  # the thread closes it
        *(threading.Thread(target=_read, args=(open(pipes[k + 1][0], "rb"), outputs, k)) for k in range(2)),  # noqa: SIM115
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status = int(server.recv(_LARGEST))
    guard.cancel()
    return subprocess.CompletedProcess(["dedup", *arguments], status, *outputs)


def _write(file: IO[bytes], data: bytes) -> None:
    try:
        with file:
            file.write(data)
    except BrokenPipeError:
        pass


def _read(file: IO[bytes], outputs: list[bytes], place: int) -> None:
    with file:
        outputs[place] = file.read()


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
