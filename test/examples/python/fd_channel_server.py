import socket
import sys
import threading

from fd_channel import FdChannel, read_and_close


def serve(conn):
    channel = FdChannel(conn)
    while message := channel.recv():
        body, fds = message
        files = [read_and_close(fd) for fd in fds]
        joined = b''.join(files)
        print(f'{body.decode()}: {len(files)} files, {len(joined)} bytes')
        ours, theirs = socket.socketpair()
        channel.send(f'{len(joined)} bytes'.encode(), [theirs.fileno()])
        theirs.close()
        ours.sendall(joined)
        ours.close()
    conn.close()


with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
    server.bind(sys.argv[1])
    server.listen()
    print(f'listening on {server.getsockname()}')
    while True:
        conn, _ = server.accept()
        threading.Thread(target=serve, args=[conn], daemon=True).start()
