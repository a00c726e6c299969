"""Echo server for many clients at once: all of them in one thread, which never waits for one alone.
python3 echo_selectors.py [port]; its peers: tcp_echo_client.py [port] [host]
"""
import selectors
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888


class Client:
    def __init__(self, addr):
        self.addr = addr
        self.unsent = b''


selector = selectors.DefaultSelector()


def accept(server):
    conn, addr = server.accept()
    conn.setblocking(False)
    print('connected: {}:{}'.format(*addr))
    client = Client('{}:{}'.format(*addr))
    selector.register(conn, selectors.EVENT_READ, client)


def receive(conn, client):
    client.unsent = conn.recv(1024)
    if len(client.unsent) == 0:
        leave(conn, client)
    else:
        selector.modify(conn, selectors.EVENT_WRITE, client)


def send(conn, client):
    sent = conn.send(client.unsent)  # maybe not all of it
    client.unsent = client.unsent[sent:]
    if len(client.unsent) == 0:
        selector.modify(conn, selectors.EVENT_READ, client)


def leave(conn, client):
    selector.unregister(conn)
    conn.close()
    print('left: {}'.format(client.addr))


with socket.create_server(('0.0.0.0', port)) as server:
    server.setblocking(False)
    selector.register(server, selectors.EVENT_READ, None)
    print('listening on {}:{}'.format(*server.getsockname()))
    while True:
        for key, events in selector.select():
            fileobj, data = key.fileobj, key.data
            try:
                if data is None:
                    accept(fileobj)
                elif events & selectors.EVENT_READ:
                    receive(fileobj, data)
                else:
                    send(fileobj, data)
            except ConnectionError as error:
                if data is None:
                    raise
                print('{}: {}'.format(data.addr, error), file=sys.stderr)
                leave(fileobj, data)
