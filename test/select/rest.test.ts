// What is not a matter of lines: names and numbers, descriptors, large numbers,
// and what native code makes of bad memory.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as socket from 'bsd-socket'
import * as select from 'bsd-socket/select'
import * as selectors from 'bsd-socket/selectors'
import { describe, expect, it } from 'vitest'
import { native, polling } from '#lib/native'
import { ask, descriptors } from '../peer.js'

socket.setdefaulttimeout(10)

describe('names and numbers', () => {
  it('every name of Python’s select module is here, with the same value', () => {
    const theirs = ask<Record<string, number | null>>(`
import json, select
print(json.dumps({n: v if isinstance(v, int) else None for n in dir(select)
                  if not n.startswith('_') for v in [getattr(select, n)]}))`)
    for (const [name, value] of Object.entries(theirs)) {
      const ours = Reflect.get(select, name)
      if (value === null) expect(ours, name).toBeTypeOf('function')
      else expect(ours, name).toBe(value)
    }
    expect(Object.keys(theirs).length).toBeGreaterThan(30)
  })

  it('every public name of Python’s selectors module is here', () => {
    const imported = ['ABCMeta', 'Mapping', 'abstractmethod', 'math', 'namedtuple', 'select', 'sys']
    const left = [...imported, 'SelectorKey'] // an interface here, which leaves nothing at run time
    const theirs = ask<Record<string, number | null>>(`
import json, selectors
print(json.dumps({n: v if isinstance(v, int) else None for n in dir(selectors)
                  if not n.startswith('_') for v in [getattr(selectors, n)]}))`)
    for (const [name, value] of Object.entries(theirs)) {
      if (left.includes(name)) continue
      const ours = Reflect.get(selectors, name)
      if (value === null) expect(ours, name).toBeTypeOf('function')
      else expect(ours, name).toBe(value)
    }
  })

  it.each([
    ['epoll', () => select.epoll.prototype],
    ['poll', () => Object.getPrototypeOf(select.poll())],
  ])('every method of Python’s %s object is here', (name, prototype) => {
    const theirs = ask<string[]>(`
import json, select
print(json.dumps([n for n in dir(select.${name}()) if not n.startswith('_')]))`)
    const ours = [
      ...Object.getOwnPropertyNames(prototype()),
      ...Object.keys(select[name as 'epoll']),
    ]
    for (const method of theirs.filter((n) => n !== 'fromfd')) expect(ours).toContain(method)
    expect(select.epoll.fromfd).toBeTypeOf('function')
  })

  it('errors are the classes of the socket module', () => {
    expect(select.error).toBe(socket.OSError)
    expect(() => select.poll().unregister(5)).toThrow(select.KeyError)
    expect(select.KeyError).toBe(selectors.KeyError)
    expect(() => select.epoll().modify(5, 'x' as never)).toThrow(TypeError)
  })
})

describe('epoll', () => {
  it('is made with and without new, and by name', () => {
    const made = [
      select.epoll(),
      new select.epoll(),
      select.epoll({ sizehint: 5, flags: select.EPOLL_CLOEXEC }),
      new select.epoll(-1, 0),
    ]
    for (const epoll of made) {
      expect(epoll).toBeInstanceOf(select.epoll)
      expect(epoll.constructor).toBe(select.epoll)
      epoll.close()
    }
    expect(() => select.epoll({ sizehint: 0 })).toThrow('negative sizehint')
  })

  it('takes timeout and maxevents by name', () => {
    const [a, b] = socket.socketpair()
    using epoll = select.epoll()
    epoll.register(a, select.EPOLLOUT)
    epoll.register(b, select.EPOLLOUT)
    expect(epoll.poll({ maxevents: 1 })).toHaveLength(1)
    expect(epoll.poll({ timeout: 0 })).toHaveLength(2)
    expect(() => epoll.poll({ timeout: 0, maxevents: 0 })).toThrow(socket.ValueError)
    a.close()
    b.close()
  })

  it('fromfd(-1) is an error; Python makes a new set', () => {
    expect(() => select.epoll.fromfd(-1)).toThrow('negative file descriptor')
  })

  it('is close-on-exec', () => {
    using epoll = select.epoll()
    expect(native.cloexec(epoll.fileno(), null)).toBe(1)
  })
})

describe('descriptors', () => {
  it('none is left by close() and by using', () => {
    const before = descriptors()
    for (let i = 0; i < 50; i++) {
      using _epoll = select.epoll()
      using _selector = new selectors.DefaultSelector()
      new selectors.EpollSelector().close()
      select.epoll().close()
      new selectors.PollSelector().close()
      new selectors.SelectSelector().close()
    }
    expect(descriptors()).toEqual(before)
  })

  it('a set that was lost sight of is closed', () => {
    const program = `
      import { readdirSync } from 'node:fs'
      import { setTimeout } from 'node:timers/promises'
      import * as select from 'bsd-socket/select'
      const count = () => readdirSync('/proc/self/fd').length
      const before = count()
      for (let i = 0; i < 100; i++) select.epoll()
      const most = count() - before
      for (let i = 0; i < 100 && count() > before; i++) {
        gc()
        await setTimeout(10)
      }
      console.log(most, count() - before)`
    const args = ['--expose-gc', '--input-type=module', '-e', program]
    const cwd = fileURLToPath(new URL('../..', import.meta.url))
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', cwd })
    expect(stderr).toBe('')
    expect(stdout).toBe('100 0\n')
  })
})

describe('many descriptors', () => {
  it('1600 of them: select says that it cannot, the others find the three', () => {
    const pairs = Array.from({ length: 800 }, () => socket.socketpair())
    const all = pairs.flat()
    const three = [all[3], all[900], all[1599]]
    for (const s of three)
      pairs
        .find((pair) => pair.includes(s))
        ?.find((x) => x !== s)
        ?.send(Buffer.from('x'))
    const fds = three.map((s) => s.fileno()).sort()

    expect(() => select.select(all, [], [], 0)).toThrow('filedescriptor out of range in select()')
    const low = all.filter((s) => s.fileno() < 1000)
    expect(select.select(low, [], [], 0)[0]).toEqual(three.filter((s) => s.fileno() < 1000))

    const poll = select.poll()
    using epoll = select.epoll()
    for (const s of all) {
      poll.register(s, select.POLLIN)
      epoll.register(s, select.EPOLLIN)
    }
    expect(
      poll
        .poll(5000)
        .map(([fd]) => fd)
        .sort(),
    ).toEqual(fds)
    expect(
      epoll
        .poll(5)
        .map(([fd]) => fd)
        .sort(),
    ).toEqual(fds)
    for (const s of all) s.close()
  })

  it('a closed descriptor beyond the process’ table is EBADF, where the kernel would wait', () => {
    const fd = 1023
    expect(native.cloexec(fd, null)).toBe(-9)
    expect(() => select.select([fd], [], [], 0)).toThrow('[Errno 9] Bad file descriptor')
  })
})

describe('native code', () => {
  const rows = (...fds: number[]) => {
    const memory = new Int32Array(fds.flatMap((fd) => [fd, polling.POLLIN]))
    return new Uint8Array(memory.buffer)
  }

  it('refuses what is no memory, and what is no number', () => {
    for (const call of [native.pollMany, native.select]) {
      expect(() => call([] as never, 0, null)).toThrow(TypeError)
      expect(() => call(new Uint32Array(2) as never, 0, null)).toThrow(TypeError)
      expect(() => call(rows(), 'x' as never, null)).toThrow(TypeError)
    }
    expect(() => native.epollWait(1, null as never, 0, null)).toThrow(TypeError)
    expect(() => native.epollCtl(1, 1, 'x' as never, 0)).toThrow(TypeError)
  })

  it('ignores half a row, and memory that is gone', () => {
    expect(native.pollMany(new Uint8Array(7), 0, null)).toBe(0)
    expect(native.select(new Uint8Array(7), 0, null)).toBe(0)
    const detached = rows(0)
    structuredClone(detached.buffer, { transfer: [detached.buffer] })
    expect(native.pollMany(detached, 0, null)).toBe(0)
  })

  it('does not touch memory that was taken away while it waited', () => {
    // What a worker's tick does is ours; here it is the worst that it could do.
    const [a, b] = socket.socketpair()
    const memory = rows(a.fileno())
    let ticks = 0
    const tick = () => {
      ticks++
      structuredClone(memory.buffer, { transfer: [memory.buffer] })
      b.send(Buffer.from('x'))
    }
    expect(native.pollMany(memory, 5000, tick)).toBe(1)
    expect([ticks, memory.length]).toEqual([1, 0])
    a.close()
    b.close()
  })

  it('select refuses what does not fit into a set', () => {
    expect(native.select(rows(-1), 0, null)).toBe(-9)
    expect(native.select(rows(polling.FD_SETSIZE), 0, null)).toBe(-22)
  })

  it('epoll_wait needs room for one event', () => {
    using epoll = select.epoll()
    expect(native.epollWait(epoll.fileno(), new Uint8Array(7), 0, null)).toBe(-22)
  })
})
