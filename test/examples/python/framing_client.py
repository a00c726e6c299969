"""Framing client: sends messages in pieces and stuck together, reads the answers to each.
python3 framing_client.py [port] [host]; its peer: framing_server.py [port]
"""
import socket
import struct
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 9009
host = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'


def frame(message):
    data = message.encode()
    return struct.pack('!I', len(data)) + data


with socket.create_connection((host, port)) as client:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def recv_message():
        length, = struct.unpack('!I', client.recv(4, socket.MSG_WAITALL))
        return client.recv(length, socket.MSG_WAITALL).decode()

    halves = frame('in two halves')
    client.sendall(halves[:7])
    client.sendall(halves[7:])
    print(recv_message())

    client.sendall(b''.join(map(frame, ['one', 'two', 'three'])))
    for _ in range(3):
        print(recv_message())

    for byte in frame('byte by byte'):
        client.sendall(bytes([byte]))
    print(recv_message())

    client.sendall(frame('a long one ' * 100_000))
    print(recv_message())
