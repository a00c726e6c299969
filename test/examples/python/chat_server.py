"""Chat server: greets, confirms every message, and ends the chat on "quit".
python3 chat_server.py [port]; its peer: chat_client.py [port] [host]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8090

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('127.0.0.1', port))
    server.listen(100)
    print('listening on {}:{}'.format(*server.getsockname()))
    while True:
        conn, addr = server.accept()
        conn.sendall('你好, 客户端!'.encode())
        while True:
            message = conn.recv(1024).decode()
            if message == '' or message == 'quit':
                break
            print('{}:{} {}'.format(*addr, message))
            conn.sendall('服务端已收到: {}'.format(message).encode())
        conn.close()
        print('{}:{} has left'.format(*addr))
