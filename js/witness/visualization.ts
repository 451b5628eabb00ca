// google.visualization as published declarations have it, as a witness of ours. Nothing here runs: this compiles exactly when
// ours has every member that theirs declares, but for those that are listed as absent, and when each of those is absent.

import type { absentClasses, absentMembers } from '../src/visualization/absent.js';
import type { loader, visualization } from '../src/visualization/index.js';
import type { Misfit, Missing } from './compare.js';

type Theirs = typeof google.visualization;
type Ours = typeof visualization;
type Lost = Missing<Theirs, Ours>;

/** What the declarations have for themselves to inherit from, and Google's library has not. */
type DeclaredBases = 'ChartBase' | 'ChartBaseClearable' | 'ChartBaseRenderable' | 'CoreChartBase' | 'DefaultFormatter';

type AbsentMember<Class extends string = string> = `${Class}#${keyof typeof absentMembers}`;

/** Missing, and not on the lists. */
export const unexplained = {} satisfies Record<Exclude<Lost, DeclaredBases | keyof typeof absentClasses | AbsentMember>, string>;

/** On the list of absent classes or members, and not missing. */
export const superfluous = {} satisfies Record<
  | Exclude<keyof typeof absentClasses, Lost>
  | { [M in keyof typeof absentMembers]: Extract<Lost, `${string}#${M}`> extends never ? M : never }[keyof typeof absentMembers],
  string
>;

const TABLES = 'takes tables as they are, ours and those of Google; the declared DataView lacks members of both, getColumnRole among them';
const CALLBACK = 'takes what can be called with any arguments; the declared Function cannot be called at all';

/** What could not stand where theirs is expected, and why; all else could. */
export const misfits = {
  'DataView()': TABLES,
  'data.group': TABLES,
  'data.join': TABLES,
  dataTableToCsv: TABLES,
  'events.addListener': CALLBACK,
  'events.addOneTimeListener': CALLBACK,
} satisfies Record<Misfit<Theirs, Ours>, string>;

/** google.charts. */
export const unloaded = {} satisfies Record<Missing<typeof google.charts, typeof loader>, string>;
