"""CPython's socket and asyncio as a contestant."""

import socket
import sys

import servers
from measure import job, measure, message

data = message[: job.size]


def send_recv():
    here, there = socket.socketpair()
    size = job.size

    def chunk(n):
        for _ in range(n):
            here.send(data)
            there.recv(size)

    return chunk


def send_recv_into():
    here, there = socket.socketpair()
    memory = bytearray(job.size)

    def chunk(n):
        for _ in range(n):
            here.send(data)
            there.recv_into(memory)

    return chunk


def getsockopt():
    here, there = socket.socketpair()

    def chunk(n):
        for _ in range(n):
            here.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        there.fileno()

    return chunk


def datagrams():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def sendto():
    s = datagrams()
    sink = ("127.0.0.1", int(job.address))

    def chunk(n):
        for _ in range(n):
            s.sendto(data, sink)

    return chunk


def recvfrom():
    here, there = datagrams(), datagrams()
    there.bind(("127.0.0.1", 0))
    here.connect(there.getsockname())

    def prepare(n):
        for _ in range(n):
            here.send(data)

    def chunk(n):
        for _ in range(n):
            there.recvfrom(2048)

    return chunk, prepare


def to_tcp():
    s = socket.create_connection(("127.0.0.1", int(job.address.split(":")[0])))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def to_unix():
    s = socket.socket(socket.AF_UNIX)
    s.connect(job.address)
    return s


def ping_pong(s):
    size = job.size
    echo = memoryview(bytearray(size))

    def chunk(n):
        for _ in range(n):
            s.sendall(data)
            got = s.recv_into(echo)
            while got < size:
                got += s.recv_into(echo[got:])

    return chunk


def stream():
    s = to_tcp()
    s.sendall((job.size * job.chunk).to_bytes(8, "little"))

    def chunk(n):
        for _ in range(n):
            s.sendall(data)
        s.recv(1)

    return chunk


def sendfile():
    s = to_tcp()
    file = open(job.address.split(":", 1)[1], "rb")
    s.sendall(job.size.to_bytes(8, "little"))

    def chunk(n):
        for _ in range(n):
            s.sendfile(file)
            s.recv(1)

    return chunk


def connect():
    """Each connection goes to the next loopback address: no port is waited for in TIME_WAIT."""
    port = int(job.address)
    turn = 0

    def chunk(n):
        nonlocal turn
        for _ in range(n):
            s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            s.connect((f"127.0.0.{1 + turn % 250}", port))
            s.close()
            turn += 1

    return chunk


def connect_unix():
    def chunk(n):
        for _ in range(n):
            to_unix().close()

    return chunk


works = {
    "send-recv": send_recv,
    "send-recv-into": send_recv_into,
    "getsockopt": getsockopt,
    "sendto": sendto,
    "recvfrom": recvfrom,
    "ping-pong-tcp": lambda: ping_pong(to_tcp()),
    "ping-pong-unix": lambda: ping_pong(to_unix()),
    "stream": stream,
    "sendfile": sendfile,
    "connect": connect,
    "connect-unix": connect_unix,
}

if job.work in servers.servers:
    servers.servers[job.work]()
elif job.work in works:
    made = works[job.work]()
    measure(*made) if isinstance(made, tuple) else measure(made)
else:
    sys.exit(f"no work {job.work}")
