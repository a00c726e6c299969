"""Chat client: sends the lines that you type, until "quit".
python3 chat_client.py [port] [host]; its peer: chat_server.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090
host = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
    client.connect((host, port))
    print(client.recv(1024).decode())
    while True:
        message = input('> ')
        if message == '':
            continue
        client.sendall(message.encode())
        if message == 'quit':
            break
        print(client.recv(1024).decode())
