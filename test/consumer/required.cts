import socket = require('bsd-socket')

const s: socket.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.close()
try {
  s.recv(1)
} catch (error) {
  if (error instanceof socket.OSError) console.log('require', error.errno === socket.EBADF)
}
