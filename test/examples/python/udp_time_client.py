"""UDP time client: asks for the date and waits for the answer, 5 seconds at most.
python3 udp_time_client.py [port] [host]; its peer: udp_time_server.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8888
host = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(5)
    client.sendto(b'time', (host, port))
    data, addr = client.recvfrom(1024)
    print('{}:{} says: {}'.format(*addr, data.decode()))
