/**
 * Python's `input(prompt)`: a line from the terminal. It blocks the program, as
 * everything in these examples does.
 */
import { readSync } from 'node:fs'

/** What was read from the terminal and not yet returned. */
let ahead = Buffer.alloc(0)

/** Prints the prompt, reads a line, and returns it without its end. */
export function input(prompt = ''): string {
  process.stdout.write(prompt)
  while (!ahead.includes('\n')) {
    const more = read()
    if (more.length === 0 && ahead.length === 0) throw new Error('EOF when reading a line')
    ahead = Buffer.concat([ahead, more.length === 0 ? Buffer.from('\n') : more])
  }
  const end = ahead.indexOf('\n')
  const line = ahead.toString('utf8', 0, end)
  ahead = ahead.subarray(end + 1)
  return line
}

function read(): Buffer {
  const chunk = Buffer.alloc(1024)
  while (true) {
    try {
      return chunk.subarray(0, readSync(0, chunk))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      // Another program has made the terminal non-blocking: sleep, try again.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
    }
  }
}
