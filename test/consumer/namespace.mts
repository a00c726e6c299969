import * as socket from 'bsd-socket'
import { errorcode } from 'bsd-socket/errno'

const [a, b] = socket.socketpair()
a.sendall(Buffer.from('import * as socket'))
const [data]: [Buffer, ...unknown[]] = b.recvfrom(100)
console.log(data.toString(), errorcode[socket.EBADF])
