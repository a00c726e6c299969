/**
 * What `make` makes, once it is asked for: a table that few programs need then
 * costs the others nothing when they import the package.
 */
export function later<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
