// Addresses as Python prints them.

/** Python's str() of an address. */
export function repr(address: unknown): string {
  if (Array.isArray(address)) {
    const items = address.map((item) => (typeof item === 'string' ? `'${item}'` : repr(item)))
    return `(${items.join(', ')}${items.length === 1 ? ',' : ''})`
  }
  return address instanceof Uint8Array ? bytesRepr(address) : String(address)
}

const escapes: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** Bytes as Python prints them: double quotes only around a single one. */
function bytesRepr(data: Uint8Array): string {
  const text = Buffer.from(data).toString('latin1')
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const body = text.replace(/[^ -~]|['"\\]/g, (char) => {
    if (char === '\\' || char === quote) return `\\${char}`
    if (char === "'" || char === '"') return char
    return escapes[char] ?? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
  return `b${quote}${body}${quote}`
}
