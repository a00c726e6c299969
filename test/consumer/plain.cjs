const { socketpair } = require('bsd-socket')
const { default: socket } = require('bsd-socket')

console.log('plain require', socketpair === socket.socketpair)
