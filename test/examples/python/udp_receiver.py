"""UDP receiver: prints every datagram, as UTF-8, and who sent it.
python3 udp_receiver.py [port]; its peer: udp_sender.py [to port] [own port] [host]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
    receiver.bind(('', port))
    print('listening on {}:{}'.format(*receiver.getsockname()))
    while True:
        data, addr = receiver.recvfrom(1024)
        print('{}:{} {}'.format(*addr, data.decode('utf-8')))
