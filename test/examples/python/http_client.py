"""HTTP client: one GET, and the body goes to the terminal.
python3 http_client.py [url]; its peer: http_server.py, or any HTTP/1.1 server
"""
import sys
import urllib.request

url = sys.argv[1] if len(sys.argv) > 1 else 'http://127.0.0.1:8080/'

with urllib.request.urlopen(url) as response:
    sys.stdout.write(response.read().decode())
