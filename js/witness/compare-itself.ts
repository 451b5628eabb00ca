// A comparison that finds nothing must be one that could have found something.

import type { Misfit, Missing } from './compare.js';

declare namespace theirs {
  abstract class Base {
    base(): void;
  }
  class Made extends Base {
    constructor(data?: string);
    own(x: string): number;
    static count: number;
  }
  function apply(x: string | number): void;
  namespace inner {
    function deep(): string;
  }
}

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Is<T extends true> = T;

type Theirs = typeof theirs;

interface Poor {
  Made: new (data: number) => { own(x: string): string };
  apply: (x: string) => void;
  inner: object;
}

export type Checks = [
  Is<Same<Missing<Theirs, Theirs>, never>>,
  Is<Same<Misfit<Theirs, Theirs>, never>>,
  Is<Same<Missing<Theirs, object>, 'Base' | 'Made' | 'apply' | 'inner'>>,
  Is<Same<Missing<Theirs, Poor>, 'Base' | 'Made#base' | 'Made.count' | 'inner.deep'>>,
  Is<Same<Misfit<Theirs, Poor>, 'Made()' | 'Made#own' | 'apply'>>,
  Is<'(any name)' extends Missing<Theirs, Record<string, unknown>> ? true : false>,
  Is<Same<Missing<Theirs, Omit<Theirs, 'inner'>>, 'inner'>>,
];
