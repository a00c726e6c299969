/**
 * FTP client by hand: lists a folder, or fetches a file to the terminal; by EPSV, or else PASV.
 * node dist/examples/ftp_client.js host port [path]; a path that ends in "/" is a folder
 */
import * as socket from 'bsd-socket'

const [host = '127.0.0.1', port = '21', path = '/'] = process.argv.slice(2)

using control = socket.create_connection([host, Number(port)])
using file = control.makefile('rw', { newline: '\r\n' })

/** A reply: its code, and its text. One of several lines ends with the code and a space. */
function reply() {
  let line = file.readline() ?? ''
  const last = `${line.slice(0, 3)} `
  while (line !== '' && !line.startsWith(last)) line = file.readline() ?? ''
  if (line === '') throw new Error('the server has hung up')
  console.error(line.trimEnd())
  return [Number(line.slice(0, 3)), line.slice(4).trimEnd()] as const
}

function command(...words: string[]) {
  file.write(`${words.join(' ')}\n`) // newline above makes it CRLF
  file.flush()
  return reply()
}

/** A command that the server has to agree to. */
function must(...words: string[]) {
  const [code, text] = command(...words)
  if (code >= 400) throw new Error(`${words[0]}: ${code} ${text}`)
  return text
}

/** The connection that the data comes by. */
function data() {
  const [code, text] = command('EPSV')
  const extended = /\|\|\|(\d+)\|/.exec(text)
  if (code === 229 && extended) return socket.create_connection([host, Number(extended[1])])
  const numbers = must('PASV').match(/\d+/g)?.map(Number) ?? []
  // Only the port: the address may be one behind the server's NAT.
  return socket.create_connection([host, numbers[4] * 256 + numbers[5]])
}

reply() // the greeting
if (command('USER', 'anonymous')[0] === 331) must('PASS', 'guest@')
must('TYPE', 'I')
{
  using conn = data()
  must(path.endsWith('/') ? 'LIST' : 'RETR', path)
  for (let part = conn.recv(65536); part.length > 0; part = conn.recv(65536)) {
    process.stdout.write(part)
  }
}
reply() // whether that was all of it
command('QUIT')
