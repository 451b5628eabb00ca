// The outlines of lines, areas and slices, as path data.

/** A place in the picture; null where there is nothing to draw. */
export type Point = readonly [x: number, y: number] | null;

type Known = readonly [x: number, y: number];

const n = (value: number): string => String(Math.round(value * 100) / 100);
const at = ([x, y]: Known): string => `${n(x)},${n(y)}`;

/** A line through points, broken where one is missing. A smooth one never leaves the range of its points. */
export function linePath(points: readonly Point[], smooth = false): string {
  return runsOf(points.map((point) => point && [point]))
    .map(
      (run) =>
        `M${through(
          run.map(([point]) => point as Known),
          smooth,
        )}`,
    )
    .join('');
}

/** The areas between points and the points below them, broken where one is missing. */
export function areaPath(points: readonly Point[], below: readonly Known[], smooth = false): string {
  const pairs = points.map((point, i) => point && [point, below[i] as Known]);
  return runsOf(pairs)
    .map((run) => {
      const upper = run.map(([point]) => point as Known);
      const lower = run.map(([, base]) => base as Known).reverse();
      return `M${through(upper, smooth)}L${through(lower, smooth)}Z`;
    })
    .join('');
}

/** A slice of a ring between two radii, or of a disc where `inner` is 0. Angles are radians from the top, clockwise. */
export function slicePath(inner: number, outer: number, start: number, end: number): string {
  const whole = end - start > 2 * Math.PI - 1e-6;
  if (whole) return circle(outer, 1) + (inner > 0 ? circle(inner, 0) : '');
  const wide = end - start > Math.PI ? 1 : 0;
  const edge = `M${at(onCircle(outer, start))}A${n(outer)},${n(outer)},0,${wide},1,${at(onCircle(outer, end))}`;
  if (inner <= 0) return `${edge}L0,0Z`;
  return `${edge}L${at(onCircle(inner, end))}A${n(inner)},${n(inner)},0,${wide},0,${at(onCircle(inner, start))}Z`;
}

/** The point of a circle around 0,0 at an angle from the top. */
export function onCircle(radius: number, angle: number): Known {
  return [Math.sin(angle) * radius, -Math.cos(angle) * radius];
}

// In two halves, since an arc from a point to itself is nothing.
function circle(radius: number, clockwise: 0 | 1): string {
  const half = (y: number): string => `A${n(radius)},${n(radius)},0,1,${clockwise},0,${n(y)}`;
  return `M0,${n(-radius)}${half(radius)}${half(-radius)}Z`;
}

function runsOf<T>(values: readonly (T | null)[]): T[][] {
  const runs: T[][] = [];
  let open = false;
  for (const value of values) {
    if (value === null) {
      open = false;
      continue;
    }
    if (!open) runs.push([]);
    open = true;
    runs[runs.length - 1]?.push(value);
  }
  return runs;
}

function through(points: readonly Known[], smooth: boolean): string {
  if (points.length === 1) return `${at(points[0] as Known)}Z`;
  if (!smooth || points.length === 2) return points.map(at).join('L');
  const slopes = slopesOf(points);
  return points
    .map((to, i) => {
      const from = points[i - 1];
      if (!from) return at(to);
      const third = (to[0] - from[0]) / 3;
      const [out, into] = [slopes[i - 1] as number, slopes[i] as number];
      return `C${at([from[0] + third, from[1] + third * out])},${at([to[0] - third, to[1] - third * into])},${at(to)}`;
    })
    .join('');
}

// Steffen's slopes: no steeper than the neighbours allow, and level at each peak.
function slopesOf(points: readonly Known[]): number[] {
  const rise = points.slice(1).map((to, i) => {
    const from = points[i] as Known;
    return { width: to[0] - from[0], slope: (to[1] - from[1]) / (to[0] - from[0] || 1) };
  });
  const slopes = points.map((_, i) => {
    const [left, right] = [rise[i - 1], rise[i]];
    if (!left || !right) return 0;
    const mean = (left.slope * right.width + right.slope * left.width) / (left.width + right.width || 1);
    const least = Math.min(Math.abs(left.slope), Math.abs(right.slope), Math.abs(mean) / 2);
    return (Math.sign(left.slope) + Math.sign(right.slope)) * least;
  });
  const last = points.length - 1;
  slopes[0] = (3 * (rise[0]?.slope ?? 0) - (slopes[1] ?? 0)) / 2;
  slopes[last] = (3 * (rise[last - 1]?.slope ?? 0) - (slopes[last - 1] ?? 0)) / 2;
  return slopes;
}
