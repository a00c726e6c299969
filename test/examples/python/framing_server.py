"""Framing server: messages with their length before them; confirms each.
python3 framing_server.py [port]; its peer: framing_client.py [port] [host]
"""
import socket
import struct
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 9009


def recv_exactly(conn, length):
    parts = b''
    while len(parts) < length:
        part = conn.recv(min(length - len(parts), 65536))
        if len(part) == 0:
            return None
        parts += part
    return parts


def recv_message(conn):
    header = recv_exactly(conn, 4)
    return header and recv_exactly(conn, *struct.unpack('!I', header))


def send_message(conn, message):
    conn.sendall(struct.pack('!I', len(message)) + message)


with socket.create_server(('0.0.0.0', port)) as server:
    print('listening on {}:{}'.format(*server.getsockname()))
    while True:
        conn, addr = server.accept()
        while True:
            message = recv_message(conn)
            if message is None:
                break
            print('{} bytes from {}'.format(len(message), addr[0]))
            send_message(conn, b'received: ' + message[:20])
        conn.close()
