"""Every exception of the socket module: provokes each and prints what it caught.
python3 exceptions.py; it needs no peer
"""
import errno
import socket

# Port 0: the kernel chooses one that is free.
listening = socket.create_server(('127.0.0.1', 0))
deaf = socket.socket()
deaf.bind(('127.0.0.1', 0))  # bound, but it never listens


def error():
    with socket.socket() as s:
        s.bind(listening.getsockname())  # taken


def timeout():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        s.settimeout(0.1)
        s.recv(1024)  # nobody sends


def herror():
    socket.gethostbyaddr('::')  # an address that no host has


def gaierror():
    socket.getaddrinfo('no numeric address', 80, flags=socket.AI_NUMERICHOST)


def aborted():
    with socket.socket() as s:
        s.settimeout(1)
        s.connect_ex(deaf.getsockname())  # refused; with a timeout set,
        s.connect(deaf.getsockname())  # Linux remembers it at the next try


def refused():
    with socket.socket() as s:
        s.connect(deaf.getsockname())


def reset():
    with socket.socket() as s:
        s.connect(listening.getsockname())
        s.sendall(b'two')
        conn, _ = listening.accept()
        conn.recv(1)
        conn.close()  # with bytes unread: a reset is sent, not an end
        s.recv(1024)


def not_connected():
    with socket.socket() as s:
        s.getpeername()


def caught(name, kind, provoke):
    try:
        provoke()
        print('{} was not raised'.format(name))
    except kind as e:
        print('{}: {}'.format(name, e))


caught('error', socket.error, error)
caught('timeout', socket.timeout, timeout)
caught('herror', socket.herror, herror)
caught('gaierror', socket.gaierror, gaierror)
caught('ConnectionAbortedError', ConnectionAbortedError, aborted)
caught('ConnectionRefusedError', ConnectionRefusedError, refused)
caught('ConnectionResetError', ConnectionResetError, reset)
# Python has no class of its own for this one.
try:
    not_connected()
    print('NotConnectedError was not raised')
except OSError as e:
    if e.errno != errno.ENOTCONN:
        raise
    print('NotConnectedError: {}'.format(e))

listening.close()
deaf.close()
