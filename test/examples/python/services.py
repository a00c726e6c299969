"""Services and their ports, as /etc/services has them (Debian: package netbase).
python3 services.py; it needs no peer
"""
import socket

print('http: {}'.format(socket.getservbyname('http')))
print('https: {}'.format(socket.getservbyname('https', 'tcp')))
print('53: {}'.format(socket.getservbyport(53, 'udp')))

try:
    print('no-such-service: {}'.format(socket.getservbyname('no-such-service')))
except OSError as error:
    print('no-such-service: {}'.format(error))
