"""Echo: blocking for one client, an asyncio protocol for many."""

import asyncio
import os
import resource
import socket
import sys

from measure import job


def pong(s):
    """Sends back whole messages: both sides would block if neither read."""
    size = job.size
    memory = memoryview(bytearray(size))
    got = 0
    while n := s.recv_into(memory[got:] if got else memory):
        got += n
        if got == size:
            s.sendall(memory)
            got = 0


def pong_tcp():
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    s, _ = server.accept()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    pong(s)


def pong_unix():
    server = socket.socket(socket.AF_UNIX)
    server.bind(job.address)
    server.listen()
    print(job.address, flush=True)
    pong(server.accept()[0])


class Echo(asyncio.Protocol):
    """asyncio sets TCP_NODELAY by itself."""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


def tell_memory():
    """Answers a line on the standard input with the bytes of memory that the process has."""
    if not sys.stdin.readline():
        sys.exit()
    with open("/proc/self/statm") as file:
        print(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"), flush=True)


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_reader(0, tell_memory)
    await server.serve_forever()


def echo():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(serve())


servers = {"pong-tcp": pong_tcp, "pong-unix": pong_unix, "echo": echo}
