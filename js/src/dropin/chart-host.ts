import { h } from '../dom.js';
import type { VisualizationChart } from '../visualization/types.js';

const CLASS = 'gapi-analytics-data-chart';

type Make = (type: string, host: Element) => VisualizationChart | undefined;

/** Where one DataChart draws: an element of its own in the page's container. What else is there is the page's. */
export class ChartHost {
  private host: HTMLElement | null = null;
  private chart: VisualizationChart | undefined;
  private type = '';

  /** The chart of this type in this container: the one that is there, else a new one; undefined for an unknown type. */
  chartIn(container: Element, type: string, make: Make): VisualizationChart | undefined {
    // The page may have emptied its container since.
    const stays = this.host?.parentNode === container;
    if (stays && this.chart && this.type === type) return this.chart;
    const host = stays && this.host ? this.host : h('div', { class: CLASS });
    const chart = make(type, host);
    if (!chart) return undefined;
    // A picture that the DataChart leaves behind in another container is still looked at.
    if (stays || !this.host?.isConnected) this.chart?.clearChart();
    if (!stays) enter(container, host);
    this.chart = chart;
    this.host = host;
    this.type = type;
    return chart;
  }
}

// A container shows the last DataChart that drew in it. The others may still be at it, and want to end.
function enter(container: Element, host: Element): void {
  for (const other of [...container.children].filter((child) => child.classList.contains(CLASS))) other.remove();
  container.append(host);
}
