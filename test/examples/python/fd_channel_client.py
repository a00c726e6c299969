import os
import socket
import sys

from fd_channel import FdChannel

path, *files = sys.argv[1:]

with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as conn:
    conn.connect(path)
    channel = FdChannel(conn)
    fds = [os.open(file, os.O_RDONLY) for file in files]
    channel.send(b'join these', fds)
    for fd in fds:
        os.close(fd)
    body, fds = channel.recv()
    print(f'the answer: {body.decode()}', file=sys.stderr)
    with socket.socket(fileno=fds[0]) as joined:
        while chunk := joined.recv(65536):
            sys.stdout.buffer.write(chunk)
