import { textColorOn } from '../contrast.js';
import { measureOf } from './axes.js';
import type { Box } from './axes.js';
import { styled, svg } from './dom.js';
import type { Model, Series } from './model.js';
import type { Stage } from './painter.js';

/** Returns where a value's mark ends, and on which side there is room for text; undefined where nothing is drawn. */
export type End = (series: Series, position: number) => { x: number; y: number; side: 'above' | 'below' | 'after' } | undefined;

/** Draws the host's annotations of values at their marks, within the chart's edges. */
export function annotate(stage: Stage, model: Model, series: Series[], end: End): void {
  const {
    options: { annotationStyle: style },
    table,
    width,
    height,
  } = stage;
  const size = style?.fontSize ?? stage.options.fontSize ?? 12;
  const measure = measureOf(stage, style);
  model.positions.rows.forEach((row, position) => {
    for (const one of series) {
      const text = row === null ? undefined : table.noted?.(row, one.columnIndex);
      const at = text && end(one, position);
      if (!text || !at) continue;
      const half = measure(text) / 2;
      const x = at.side === 'after' ? at.x + half + 6 : at.x;
      const y = at.side === 'above' ? at.y - size / 2 - 4 : at.side === 'below' ? at.y + size / 2 + 4 : at.y;
      write(stage, text, inside(x, half, width), inside(y, size / 2, height));
    }
  });
}

/** Draws the host's annotations of positions: a line with text at its top. */
export function annotateAxis(stage: Stage, model: Model, box: Box, x: (position: number) => number): void {
  const measure = measureOf(stage, stage.options.annotationStyle);
  model.positions.rows.forEach((row, position) => {
    const text = row === null ? undefined : stage.table.noted?.(row, 0);
    if (!text) return;
    const at = Math.round(x(position)) + 0.5;
    const top = box.top + 6;
    stage.svg.append(svg('line', { class: 'oriel-cross', x1: at, x2: at, y1: top + 8, y2: box.top + box.height }));
    write(stage, text, inside(at, measure(text) / 2, stage.width), top);
  });
}

function write(stage: Stage, text: string, x: number, y: number): void {
  const {
    svg: canvas,
    options: { annotationStyle: style },
  } = stage;
  const node = styled(svg('text', { class: 'oriel-annotation', x, y, dy: '0.35em', 'text-anchor': 'middle' }, text), style);
  // It is drawn on the plot's background, unlike the chart's other text.
  const ground = canvas.querySelector('.oriel-plot');
  if (ground && !style?.color) node.style.fill = textColorOn(getComputedStyle(ground).fill);
  canvas.append(node);
}

// The middle of a text of that half length, moved inward to stay within the chart.
function inside(at: number, half: number, room: number): number {
  return Math.max(half, Math.min(room - half, at));
}
