import { h } from '../dom.js';
import type { VisualizationChart } from '../visualization/types.js';

const CLASS = 'gapi-analytics-data-chart';

type Make = (type: string, host: Element) => VisualizationChart | undefined;

/** The element in which a DataChart draws, inside the page's container. */
export class ChartHost {
  private host: HTMLElement | null = null;
  private chart: VisualizationChart | undefined;
  private type = '';

  /** Returns the chart of this type in this container, created if necessary; undefined for an unknown type. */
  chartIn(container: Element, type: string, make: Make): VisualizationChart | undefined {
    // The page may have emptied its container.
    const stays = this.host?.parentNode === container;
    if (stays && this.chart && this.type === type) return this.chart;
    const host = stays && this.host ? this.host : h('div', { class: CLASS });
    const chart = make(type, host);
    if (!chart) return undefined;
    // A chart left in another container stays visible.
    if (stays || !this.host?.isConnected) this.chart?.clearChart();
    if (!stays) enter(container, host);
    this.chart = chart;
    this.host = host;
    this.type = type;
    return chart;
  }
}

// A container shows the last DataChart that drew in it. Charts of the others may still be drawing: they are detached only.
function enter(container: Element, host: Element): void {
  for (const other of [...container.children].filter((child) => child.classList.contains(CLASS))) other.remove();
  container.append(host);
}
