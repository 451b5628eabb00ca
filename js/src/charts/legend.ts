import { arrowsOf, html, paint } from './dom.js';
import type { LegendItem } from './painter.js';
import type { Texts } from '../i18n/index.js';

/** The legend: a switch for each series. */
export function legendOf(items: LegendItem[], texts: Texts, colors: string[] | undefined, toggle: (color: number) => void): HTMLElement {
  const list = html('div', { class: 'oriel-legend-items', role: 'group', 'aria-label': texts.legend });
  for (const item of items) {
    const key = paint(
      html('span', { class: item.previous ? 'oriel-key oriel-before' : 'oriel-key', 'aria-hidden': 'true' }),
      item.color,
      colors,
    );
    const label = html('span', { class: 'oriel-legend-label' }, item.label);
    if (item.previous) {
      list.append(html('span', { class: 'oriel-legend-item' }, key, label));
      continue;
    }
    const value = item.value === undefined ? [] : [html('span', { class: 'oriel-legend-value' }, item.value)];
    const button = html(
      'button',
      {
        type: 'button',
        class: 'oriel-legend-item',
        title: item.label,
        'aria-pressed': item.hidden ? 'false' : 'true',
        'data-color': item.color,
      },
      key,
      label,
      ...value,
    );
    button.addEventListener('click', () => toggle(item.color));
    list.append(button);
  }
  return list;
}

/**
 * Keeps as many whole lines of a legend as fit and adds page buttons for the rest, which take `spare` pixels. `top` is the
 * previous page's position.
 */
export function pageLegend(legend: HTMLElement, room: number, spare: number, top: number, texts: Texts): void {
  const items = legend.firstElementChild as HTMLElement | null;
  const line = (items?.firstElementChild as HTMLElement | null)?.offsetHeight ?? 0;
  if (!items || line === 0 || items.offsetHeight <= room) return;
  const step = line * Math.max(1, Math.floor((room - spare) / line));
  const where = html('span', { 'aria-live': 'polite' });
  const turn = (by: number) => (): void => void (items.scrollTop = step * (pageNow() + by));
  const pageNow = (): number => Math.ceil((items.scrollTop - 1) / step);
  const [back, next] = arrowsOf(texts, turn(-1), turn(1));
  const show = (): void => {
    // Beside the arrows there are more and shorter lines.
    const pages = Math.ceil(items.scrollHeight / step);
    where.textContent = `${pageNow() + 1}/${pages}`;
    [back.disabled, next.disabled] = [pageNow() <= 0, pageNow() >= pages - 1];
  };
  items.classList.add('oriel-paged');
  items.style.height = `${step}px`;
  legend.append(html('div', { class: 'oriel-pager' }, back, where, next));
  // The keyboard scrolls too, to the entry that has the focus.
  items.addEventListener('scroll', show);
  items.scrollTop = top;
  show();
}
