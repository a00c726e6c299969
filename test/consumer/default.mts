import socket, { type Address } from 'bsd-socket'

const address: Address<typeof socket.AF_INET> = ['127.0.0.1', 0]
const server: socket.socket<typeof socket.AF_INET> = socket.create_server(address)
const [host] = server.getsockname()
server.close()
console.log('import socket', host, socket.OSError === socket.error)
