// What a file of declarations says exists when a program runs: the functions, the constants and the classes of its namespaces.
// TypeScript's own parser has no interface for programs in the version that we check with, so this reads as much of the
// language as such files use, and refuses what it does not know.

/** A class: the names on its prototype and on itself, and the class that it extends, as it is written there. */
export interface ClassDeclaration {
  kind: 'class';
  parent: string;
  members: Set<string>;
  statics: Set<string>;
}

export type Declaration = { kind: 'function' | 'value' } | ClassDeclaration;

/** Reads declarations by their dotted names: `google.visualization.DataTable`. */
export function declarationsIn(text: string): Map<string, Declaration> {
  const reader = new Reader(tokensOf(text));
  reader.readAll('');
  return reader.found;
}

const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|(\.\.\.|=>|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w$]+|[^\s])/g;

function tokensOf(text: string): string[] {
  return [...text.matchAll(TOKEN)].map((match) => match[1]).filter((token) => token !== undefined);
}

const OPEN = '([{<';
const CLOSE = ')]}>';

class Reader {
  readonly found = new Map<string, Declaration>();
  private at = 0;

  constructor(private readonly tokens: string[]) {}

  /** Reads statements up to the end, or to the brace that ends a namespace. */
  readAll(prefix: string): void {
    while (this.at < this.tokens.length && this.tokens[this.at] !== '}') this.statement(prefix);
    this.at++;
  }

  private statement(prefix: string): void {
    while (['declare', 'export', 'abstract'].includes(this.peek())) this.at++;
    const word = this.next();
    if (word === ';') return;
    if (word === 'namespace' || word === 'module') return this.namespace(prefix);
    if (word === 'class') return this.classBody(prefix);
    if (word === 'function') return this.member(prefix + this.next(), 'function');
    if (word === 'const' || word === 'let' || word === 'var') return this.member(prefix + this.next(), 'value');
    if (word === 'interface') return this.skipInterface();
    if (word === 'type') return this.skipStatement();
    throw new Error(`a declaration that begins with "${word}" after "${this.tokens.slice(this.at - 8, this.at - 1).join(' ')}"`);
  }

  private namespace(prefix: string): void {
    const name = this.dotted();
    this.expect('{');
    this.readAll(`${prefix}${name}.`);
  }

  private member(name: string, kind: 'function' | 'value'): void {
    this.found.set(name, { kind });
    this.skipStatement();
  }

  private classBody(prefix: string): void {
    const name = this.next();
    let parent = '';
    while (this.peek() !== '{') if (this.next() === 'extends') parent = this.dotted();
    this.expect('{');
    const declaration: ClassDeclaration = { kind: 'class', parent, members: new Set(), statics: new Set() };
    while (this.peek() !== '}') this.classMember(declaration);
    this.at++;
    this.found.set(prefix + name, declaration);
  }

  private classMember({ members, statics }: ClassDeclaration): void {
    let names = members;
    while (['static', 'readonly', 'public', 'abstract'].includes(this.peek())) if (this.next() === 'static') names = statics;
    const name = this.next();
    const hidden = name === 'constructor' || name === 'private' || name === 'protected';
    if (!hidden && name !== ';') names.add(name.replace(/^["']|["']$/g, ''));
    if (name !== ';') this.skipStatement();
  }

  private skipInterface(): void {
    while (this.peek() !== '{') this.at++;
    this.at++;
    this.skipTo('}');
  }

  private skipStatement(): void {
    this.skipTo(';');
  }

  // Over everything nested. An arrow is a token of its own, so each ">" ends a "<".
  private skipTo(end: string): void {
    for (let depth = 0; ; ) {
      const token = this.next();
      if (depth === 0 && token === end) return;
      if (OPEN.includes(token)) depth++;
      else if (CLOSE.includes(token)) depth--;
    }
  }

  private dotted(): string {
    let name = this.next();
    while (this.peek() === '.') name += this.next() + this.next();
    return name;
  }

  private peek(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error('the declarations end too early');
    return token;
  }

  private next(): string {
    const token = this.peek();
    this.at++;
    return token;
  }

  private expect(token: string): void {
    const found = this.next();
    if (found !== token) throw new Error(`"${found}" where "${token}" was expected`);
  }
}

/** The names that the instances of a class have, with those of the classes that it extends. */
export function membersOf(path: string, all: Map<string, Declaration>): string[] {
  const found = all.get(path);
  if (found?.kind !== 'class') return [];
  const { members, parent } = found;
  return parent ? [...members, ...membersOf(resolved(parent, path, all), all)] : [...members];
}

// A name is looked for in the namespace where it is written, then in those around it.
function resolved(name: string, from: string, all: Map<string, Declaration>): string {
  for (let scope = from; scope.includes('.'); ) {
    scope = scope.slice(0, scope.lastIndexOf('.'));
    if (all.has(`${scope}.${name}`)) return `${scope}.${name}`;
  }
  if (!all.has(name)) throw new Error(`${from} extends ${name}, which is not declared`);
  return name;
}

/** The names that are declared and that an object, the one called `root` in the declarations, lacks; members as `Class#name`. */
export function missingFrom(object: unknown, root: string, all: Map<string, Declaration>): string[] {
  const missing: string[] = [];
  for (const [path, declaration] of all) {
    if (!path.startsWith(`${root}.`)) continue;
    const name = path.slice(root.length + 1);
    const value = valueAt(object, name);
    if (declaration.kind === 'value' ? value === undefined : typeof value !== 'function') missing.push(name);
    else if (declaration.kind === 'class') missing.push(...missingMembers(value as object, name, membersOf(path, all), declaration));
  }
  return missing;
}

function missingMembers(value: object, name: string, members: string[], { statics }: ClassDeclaration): string[] {
  const prototype = (value as { prototype?: object }).prototype ?? {};
  return [
    ...members.filter((member) => !(member in prototype)).map((member) => `${name}#${member}`),
    ...[...statics].filter((member) => !(member in value)).map((member) => `${name}.${member}`),
  ];
}

function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce((value, name) => (value as Record<string, unknown> | undefined | null)?.[name], object);
}
