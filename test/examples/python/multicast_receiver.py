"""Multicast receiver: joins a group, prints every datagram to it.
python3 multicast_receiver.py [port] [group] [own host]; its peer: multicast_sender.py
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 5007
group = sys.argv[2] if len(sys.argv) > 2 else '239.1.1.1'
host = sys.argv[3] if len(sys.argv) > 3 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    receiver.bind((group, port))
    membership = socket.inet_aton(group) + socket.inet_aton(host)
    receiver.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
    print('listening on {}:{}'.format(*receiver.getsockname()))
    while True:
        data, addr = receiver.recvfrom(1024)
        print('{} says: {}'.format(addr[0], data.decode()))
