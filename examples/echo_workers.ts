/**
 * Echo server for many clients at once: a worker for each. Ctrl-C ends it.
 * node dist/examples/echo_workers.js [port]; its peers: tcp_echo_client.js [port] [host]
 */
import { setImmediate } from 'node:timers/promises'
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import * as socket from 'bsd-socket'

/** Runs in a worker, and owns the connection. */
function echo(fileno: number) {
  using conn = new socket.socket({ fileno })
  while (true) {
    const data = conn.recv(1024)
    if (data.length === 0) break
    conn.sendall(data)
  }
}

/** Runs in the main thread. */
async function serve(port: number) {
  using server = socket.create_server(['0.0.0.0', port])
  console.log(`listening on ${server.getsockname().join(':')}`)
  let running = true
  process.once('SIGINT', () => {
    running = false
  })
  while (running) {
    try {
      const [conn, addr] = server.accept()
      console.log(`connected: ${addr.join(':')}`)
      const worker = new Worker(new URL(import.meta.url), { workerData: conn.detach() })
      worker.on('error', (error) => console.error(`${addr.join(':')}: ${error.message}`))
    } catch (error) {
      // Ctrl-C came while accept() was waiting.
      if (!(error instanceof socket.InterruptedError)) throw error
    }
    // Node's turn: to run the listener above, and to clear up workers that have ended.
    await setImmediate()
  }
  console.log('bye')
}

if (isMainThread) {
  await serve(Number(process.argv[2] ?? 8888))
  process.exit() // the workers end with it, also those that wait in recv()
} else {
  echo(workerData)
}
