/**
 * Every exception of the socket module: provokes each and prints what it caught.
 * node dist/examples/exceptions.js; it needs no peer
 */
import * as socket from 'bsd-socket'

// Port 0: the kernel chooses one that is free.
using listening = socket.create_server(['127.0.0.1', 0])
using deaf = new socket.socket()
deaf.bind(['127.0.0.1', 0]) // bound, but it never listens

function error() {
  using s = new socket.socket()
  s.bind(listening.getsockname()) // taken
}

function timeout() {
  using s = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  s.bind(['127.0.0.1', 0])
  s.settimeout(0.1)
  s.recv(1024) // nobody sends
}

function herror() {
  socket.gethostbyaddr('::') // an address that no host has
}

function gaierror() {
  socket.getaddrinfo('no numeric address', 80, { flags: socket.AI_NUMERICHOST })
}

function aborted() {
  using s = new socket.socket()
  s.settimeout(1)
  s.connect_ex(deaf.getsockname()) // refused; with a timeout set,
  s.connect(deaf.getsockname()) // Linux remembers it at the next try
}

function refused() {
  using s = new socket.socket()
  s.connect(deaf.getsockname())
}

function reset() {
  using s = new socket.socket()
  s.connect(listening.getsockname())
  s.sendall(Buffer.from('two'))
  const [conn] = listening.accept()
  conn.recv(1)
  conn.close() // with bytes unread: a reset is sent, not an end
  s.recv(1024)
}

function notConnected() {
  using s = new socket.socket()
  s.getpeername()
}

function caught(name: string, kind: typeof socket.OSError, provoke: () => void) {
  try {
    provoke()
    console.log(`${name} was not raised`)
  } catch (e) {
    if (!(e instanceof kind)) throw e
    console.log(`${name}: ${e.message}`)
  }
}

caught('error', socket.error, error)
caught('timeout', socket.timeout, timeout)
caught('herror', socket.herror, herror)
caught('gaierror', socket.gaierror, gaierror)
caught('ConnectionAbortedError', socket.ConnectionAbortedError, aborted)
caught('ConnectionRefusedError', socket.ConnectionRefusedError, refused)
caught('ConnectionResetError', socket.ConnectionResetError, reset)
// Python raises a plain OSError here.
caught('NotConnectedError', socket.NotConnectedError, notConnected)
