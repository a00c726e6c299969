"""Messages with descriptors attached, over a Unix stream: what examples/fd_channel.ts speaks."""
import os
import socket
import struct

HEADER = struct.Struct('<II')


class FdChannel:
    def __init__(self, conn):
        self.conn = conn
        self.data = b''
        self.fds = []

    def send(self, body, fds=()):
        message = HEADER.pack(len(body), len(fds)) + body
        sent = socket.send_fds(self.conn, [message], fds)
        self.conn.sendall(message[sent:])

    def recv(self):
        while (message := self.take()) is None:
            data, fds, flags, _ = socket.recv_fds(self.conn, 65536, 253)
            self.fds += fds
            assert not flags & socket.MSG_CTRUNC
            if not data:
                return None
            self.data += data
        return message

    def take(self):
        if len(self.data) < HEADER.size:
            return None
        length, count = HEADER.unpack_from(self.data)
        end = HEADER.size + length
        if len(self.data) < end:
            return None
        body, self.data = self.data[HEADER.size:end], self.data[end:]
        fds, self.fds = self.fds[:count], self.fds[count:]
        assert len(fds) == count
        return body, fds


def read_and_close(fd):
    with os.fdopen(fd, 'rb') as file:
        return file.read()
