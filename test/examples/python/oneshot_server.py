"""One-shot server: one client, one message each way, and the end.
python3 oneshot_server.py [port]; its peer: oneshot_client.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 12345

server = socket.create_server(('127.0.0.1', port))
print('listening on {}:{}'.format(*server.getsockname()))

conn, addr = server.accept()
print('the client says: {}'.format(conn.recv(1024).decode()))
conn.sendall('Hello, client!'.encode())

conn.close()
server.close()
