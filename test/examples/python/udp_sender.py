"""UDP sender: what you type goes out as UTF-8, a datagram a line, until "exit".
python3 udp_sender.py [to port] [own port] [host]; its peer: udp_receiver.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080
own_port = int(sys.argv[2]) if len(sys.argv) > 2 else 7890
host = sys.argv[3] if len(sys.argv) > 3 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.bind(('', own_port))
    print('sending from {}:{}'.format(*sender.getsockname()))
    while True:
        text = input('> ')
        if text == 'exit':
            break
        sender.sendto(text.encode('utf-8'), (host, port))
