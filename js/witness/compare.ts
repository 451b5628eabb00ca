// Comparing two surfaces, theirs as the published declarations have it and ours, in types alone.

type AnyClass = abstract new (...args: never[]) => unknown;
type AnyFunction = (...args: never[]) => unknown;

type InstanceOf<C> = C extends abstract new (...args: never[]) => infer I ? I : never;

type Name<T> = keyof T & string;

/** The names of Theirs that are not in Ours. An Ours with any name at all would prove nothing, and is refused. */
type Lacking<Theirs, Ours> = string extends keyof Ours ? '(any name)' : Exclude<Name<Theirs>, keyof Ours | 'prototype'>;

/**
 * The dotted names that Theirs has and Ours has not: members of the namespace and of the namespaces in it, static members
 * of classes, and members of their instances as `Class#member`.
 */
export type Missing<Theirs, Ours, Prefix extends string = ''> =
  | `${Prefix}${Lacking<Theirs, Ours>}`
  | { [K in Name<Theirs> & keyof Ours]: MissingIn<Theirs[K], Ours[K], `${Prefix}${K}`> }[Name<Theirs> & keyof Ours];

type MissingIn<Theirs, Ours, At extends string> = Theirs extends AnyClass
  ? `${At}#${Lacking<InstanceOf<Theirs>, InstanceOf<Ours>>}` | `${At}.${Lacking<Theirs, Ours>}`
  : Theirs extends AnyFunction
    ? never
    : Theirs extends object
      ? Missing<Theirs, Ours, `${At}.`>
      : never;

/**
 * The names of what is in both and could not stand where Theirs is expected: functions, constructors as `Class()`, and
 * members of instances as `Class#member`.
 */
export type Misfit<Theirs, Ours, Prefix extends string = ''> = {
  [K in Name<Theirs> & keyof Ours]: MisfitIn<Theirs[K], Ours[K], `${Prefix}${K}`>;
}[Name<Theirs> & keyof Ours];

type MisfitIn<Theirs, Ours, At extends string> = Theirs extends AnyClass
  ? MisfitMember<InstanceOf<Theirs>, InstanceOf<Ours>, At> | MisfitConstructor<Theirs, Ours, At>
  : Theirs extends AnyFunction
    ? Ours extends Theirs
      ? never
      : At
    : Theirs extends object
      ? Misfit<Theirs, Ours, `${At}.`>
      : never;

type MisfitMember<Theirs, Ours, At extends string> = {
  [K in Name<Theirs> & keyof Ours]: Ours[K] extends Theirs[K] ? never : `${At}#${K}`;
}[Name<Theirs> & keyof Ours];

// By what it takes: what it makes is compared member by member.
type MisfitConstructor<Theirs, Ours, At extends string> = Theirs extends abstract new (
  ...args: infer Arguments
) => unknown
  ? Ours extends abstract new (
      ...args: Arguments
    ) => unknown
    ? never
    : `${At}()`
  : never;
