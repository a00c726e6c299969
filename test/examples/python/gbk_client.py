"""TCP client that speaks GBK: sends the line that you type and prints the answer.
python3 gbk_client.py [port] [host]; its peer: gbk_server.py [port]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 7891
host = sys.argv[2] if len(sys.argv) > 2 else '127.0.0.1'

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as client:
    client.connect((host, port))
    text = input('> ')
    client.sendall(text.encode('gbk'))
    print(client.recv(1024).decode('gbk'))
