"""Echo server for many clients at once: a thread for each. Ctrl-C ends it.
python3 echo_workers.py [port]; its peers: tcp_echo_client.py [port] [host]
"""
import socket
import sys
import threading

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888


def echo(conn):
    with conn:
        while True:
            data = conn.recv(1024)
            if len(data) == 0:
                break
            conn.sendall(data)


with socket.create_server(('0.0.0.0', port)) as server:
    print('listening on {}:{}'.format(*server.getsockname()))
    try:
        while True:
            conn, addr = server.accept()
            print('connected: {}:{}'.format(*addr))
            threading.Thread(target=echo, args=[conn], daemon=True).start()
    except KeyboardInterrupt:
        print('bye')
