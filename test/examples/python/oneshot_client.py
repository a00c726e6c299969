"""One-shot client: one message each way, and the end.
python3 oneshot_client.py [port]; its peer: oneshot_server.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 12345

client = socket.create_connection(('127.0.0.1', port))
client.sendall('Hello, server!'.encode())
print('the server says: {}'.format(client.recv(1024).decode()))

client.close()
