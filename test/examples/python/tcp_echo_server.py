"""TCP echo server: sends back what it gets, one client after the other.
python3 tcp_echo_server.py [port]; its peer: tcp_echo_client.py [port] [host]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('0.0.0.0', port))
    server.listen()
    print('listening on {}:{}'.format(*server.getsockname()))
    while True:
        conn, addr = server.accept()
        print('connected: {}:{}'.format(*addr))
        while True:
            data = conn.recv(1024)
            if len(data) == 0:
                break
            conn.sendall(data)
        conn.close()
        print('left: {}:{}'.format(*addr))
