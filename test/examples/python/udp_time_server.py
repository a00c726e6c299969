"""UDP time server: answers the datagram "time" with the date, and no other.
python3 udp_time_server.py [port]; its peer: udp_time_client.py [port] [host]
"""
import socket
import sys
from datetime import datetime

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(('0.0.0.0', port))
    print('listening on {}:{}'.format(*server.getsockname()))
    while True:
        data, addr = server.recvfrom(1024)
        print('{}:{} asks'.format(*addr))
        if data == b'time':
            now = datetime.now().strftime('%Y-%m-%d %H:%M:%S')
            server.sendto(now.encode(), addr)
