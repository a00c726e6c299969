"""TCP server that speaks GBK: takes one message of each client and confirms it.
python3 gbk_server.py [port]; its peer: gbk_client.py [port] [host]
"""
import socket
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 7891

with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(('', port))
    server.listen(128)
    print('listening on {}:{}'.format(*server.getsockname()))
    while True:
        conn, addr = server.accept()
        text = conn.recv(1024).decode('gbk')
        print('{}:{} 说: {}'.format(*addr, text))
        conn.sendall('收到 {} 个字, 谢谢!'.format(len(text)).encode('gbk'))
        conn.close()
