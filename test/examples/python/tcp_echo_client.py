"""TCP echo client: sends a line and prints what comes back.
python3 tcp_echo_client.py [port] [host]; its peer: tcp_echo_server.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
host = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
    client.connect((host, port))
    client.sendall('Hello, echo!'.encode())
    data = client.recv(1024)
    print('received: {}'.format(data.decode()))
