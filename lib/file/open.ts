// What makefile() does before there is a file: mode, buffering, layers.

import { ValueError } from '../errors.js'
import type { Owner } from '../handle.js'
import { BinarySteps } from './binary.js'
import { Raw } from './raw.js'
import { type TextOptions, TextSteps } from './text.js'

const DEFAULT_BUFFER = 8192

/** `makefile`'s parameters after the mode; `buffering` may come before them by position. */
export interface MakefileOptions extends TextOptions {
  /** Bytes; 0 for none (binary only); 8192 if left out, null or negative. */
  buffering?: number | null
}

/** The parameters as one object, however they were given. */
export function fileOptions(
  buffering?: number | null | MakefileOptions,
  options?: MakefileOptions,
): MakefileOptions {
  const byName = typeof buffering === 'object' && buffering !== null
  return byName ? buffering : { ...options, buffering: buffering ?? null }
}

/** The layers of an opened file; no text for a binary one. */
export interface Layers {
  raw: Raw
  bytes: BinarySteps
  /** The mode of the bytes: `'rb'`, `'wb'` or `'rwb'`. */
  bytesMode: string
  text: TextSteps | null
}

/** Checks the parameters and opens the layers over a socket. */
export function openLayers(owner: Owner, mode: string, options: MakefileOptions): Layers {
  if (typeof mode !== 'string') throw new TypeError('mode must be a string')
  if (/[^rwb]/.test(mode)) throw new ValueError(`invalid mode '${mode}' (only r, w, b allowed)`)
  const writing = mode.includes('w')
  const reading = mode.includes('r') || !writing
  const binary = mode.includes('b')
  const asked = options.buffering ?? -1
  if (asked === 0 && !binary) throw new ValueError('unbuffered streams must be binary')
  const raw = new Raw(owner, reading, writing)
  try {
    const bytes = new BinarySteps(raw, asked < 0 ? DEFAULT_BUFFER : asked)
    const bytesMode = `${reading ? 'r' : ''}${writing ? 'w' : ''}b`
    return { raw, bytes, bytesMode, text: binary ? null : new TextSteps(bytes, options) }
  } catch (error) {
    raw.close()
    throw error
  }
}
