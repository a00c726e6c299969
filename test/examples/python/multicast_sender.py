"""Multicast sender: one datagram to everybody who joined the group.
python3 multicast_sender.py [port] [group] [own host] [text]; its peers: multicast_receiver.py
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 5007
group = sys.argv[2] if len(sys.argv) > 2 else '239.1.1.1'
host = sys.argv[3] if len(sys.argv) > 3 else '127.0.0.1'
text = sys.argv[4] if len(sys.argv) > 4 else 'Hello, group!'

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(host))
    sender.sendto(text.encode(), (group, port))
    print('sent to {}:{}'.format(group, port))
