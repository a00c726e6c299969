"""HTTP server: tells each client what it asked for; keeps connections for more.
python3 http_server.py [port]; its peer: http_client.py, curl, a browser
"""
import http.server
import sys

port = int(sys.argv[1]) if len(sys.argv) > 1 else 8080


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        answer = '{} {}\n'.format(self.command, self.path).encode() + body
        self.send_response(200)
        if self.path.startswith('/chunked'):
            self.send_header('Transfer-Encoding', 'chunked')
            self.end_headers()
            for part in answer[:5], answer[5:], b'':
                self.wfile.write(b'%x\r\n%s\r\n' % (len(part), part))
            return
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(answer)

    do_POST = do_HEAD = do_GET

    def log_message(self, *args):
        pass


with http.server.HTTPServer(('0.0.0.0', port), Handler) as server:
    print('listening on {}:{}'.format(*server.server_address))
    server.serve_forever()
