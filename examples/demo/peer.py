"""The demo's peer in Python: it echoes on every socket that it is told to open.

For each line of JSON that comes in, two go out: where the socket is bound, and,
once the exchange is over, how many bytes were echoed. Or why that failed.
echo.ts beside this file says the same in TypeScript.
"""

import json
import platform
import signal
import socket
import sys

# When the demo is gone, so is this, at the latest after this time.
socket.setdefaulttimeout(2)
signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a word


def tell(**answer):
    print(json.dumps(answer, default=bytes.decode), flush=True)


def connection(server):
    """Echoes on one connection until the other side ends it."""
    echoed = 0
    conn, _ = server.accept()
    with conn:
        while data := conn.recv(65536):
            conn.sendall(data)
            echoed += len(data)
    return echoed


def datagrams(s):
    """Echoes datagrams until an empty one comes."""
    echoed = 0
    while True:
        data, sender = s.recvfrom(65536)
        if not data:
            return echoed
        s.sendto(data, sender)
        echoed += len(data)


def serve(family, type, address):
    with socket.socket(getattr(socket, family), getattr(socket, type)) as s:
        s.bind(tuple(address) if isinstance(address, list) else address)
        if type != "SOCK_DGRAM":
            s.listen()
        tell(address=s.getsockname())
        echoed = datagrams(s) if type == "SOCK_DGRAM" else connection(s)
        tell(echoed=echoed)


tell(name="Python " + platform.python_version())
for line in sys.stdin:
    try:
        serve(**json.loads(line))
    except OSError as error:
        tell(errno=error.errno, strerror=error.strerror or str(error))
