"""Who am I talking to: both ends of a connection, as the kernel names them.
python3 who_am_i.py [port] [host]; its peer: tcp_echo_server.py, or any TCP server
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
host = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
    client.connect((host, port))
    print('I am {}:{}'.format(*client.getsockname()))
    print('my peer is {}:{}'.format(*client.getpeername()))
