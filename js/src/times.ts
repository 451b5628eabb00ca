/**
 * What `make` gives for 0, 1, … up to `count`, which is left out. Not Array.from: pages of old have libraries that put a
 * function of one argument in its place.
 */
export function times<T>(count: number, make: (i: number) => T): T[] {
  const made: T[] = [];
  for (let i = 0; i < count; i += 1) made.push(make(i));
  return made;
}
