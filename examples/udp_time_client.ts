/**
 * UDP time client: asks for the date and waits for the answer, 5 seconds at most.
 * node dist/examples/udp_time_client.js [port] [host]; its peer: udp_time_server.js [port]
 */
import * as socket from 'bsd-socket'

const port = Number(process.argv[2] ?? 8888)
const host = process.argv[3] ?? '127.0.0.1'

using client = new socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(5)
client.sendto(Buffer.from('time'), [host, port])
const [data, addr] = client.recvfrom(1024)
console.log(`${addr.join(':')} says: ${data}`)
