import { html, paint } from './dom.js';
import type { LegendItem } from './picture.js';
import type { Texts } from './texts.js';

/** The legend: a switch for each series. */
export function legendOf(
  items: LegendItem[], texts: Texts, colors: string[] | undefined, toggle: (color: number) => void,
): HTMLElement {
  const list = html('div', { class: 'oriel-legend-items', role: 'group', 'aria-label': texts.legend });
  for (const item of items) {
    const key = paint(html('span', { class: item.previous ? 'oriel-key oriel-before' : 'oriel-key', 'aria-hidden': 'true' }), item.color, colors);
    const label = html('span', { class: 'oriel-legend-label' }, item.label);
    if (item.previous) {
      list.append(html('span', { class: 'oriel-legend-item' }, key, label));
      continue;
    }
    const value = item.value === undefined ? [] : [html('span', { class: 'oriel-legend-value' }, item.value)];
    const button = html('button', {
      type: 'button', class: 'oriel-legend-item', title: item.label, 'aria-pressed': item.hidden ? 'false' : 'true', 'data-color': item.color,
    }, key, label, ...value);
    button.addEventListener('click', () => toggle(item.color));
    list.append(button);
  }
  return list;
}
