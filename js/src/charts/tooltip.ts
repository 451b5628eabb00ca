import { html, paint } from './dom.js';
import type { Stop } from './painter.js';
import { tooltipAt } from './ticks.js';

/** The box beside the point that is looked at. Screen readers hear the live region instead. */
export class Tooltip {
  private readonly box = html('div', { class: 'oriel-tooltip', 'aria-hidden': 'true', hidden: true });

  constructor(private readonly stage: HTMLElement) {
    stage.append(this.box);
  }

  show(stop: Stop, lane: number | null, colors: string[] | undefined): void {
    const lines = stop.lines.map((line, i) => {
      const key = paint(html('span', { class: line.previous ? 'oriel-key oriel-before' : 'oriel-key' }), line.color, colors);
      const row = html(
        'div',
        { class: lane === i && stop.lines.length > 1 ? 'oriel-tip-line oriel-on' : 'oriel-tip-line' },
        key,
        html('span', { class: 'oriel-tip-label' }, line.label),
        html('span', { class: 'oriel-tip-value' }, line.value),
      );
      return row;
    });
    this.box.replaceChildren(html('div', { class: 'oriel-tip-title' }, stop.title), ...lines);
    this.box.hidden = false;
    const size = { width: this.box.offsetWidth, height: this.box.offsetHeight };
    const room = { width: this.stage.clientWidth, height: this.stage.clientHeight };
    const { x, y } = tooltipAt(stop, size, room);
    this.box.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  hide(): void {
    this.box.hidden = true;
  }
}
