import { columnsOf } from '../data/table.js';
import type { Table } from '../data/table.js';
import { html, styled, svg, uniqueId } from './dom.js';
import { dataTable } from './datatable.js';
import { legendOf, pageLegend } from './legend.js';
import type { ChartOptions, ChartType, LegendPosition, Note } from './options.js';
import type { Painter, Picture, Stop } from './painter.js';
import { Shell } from './shell.js';
import { Tooltip } from './tooltip.js';

const FONT = 12;
const TITLE = 26;
// A line of the legend, and what turns its pages, in pixels.
const LINE = 26;
const PAGER = 30;

/** A drawn chart: a picture with its legend, tooltip, keyboard and data table. */
export class Plot extends Shell {
  private readonly heading = html('div', { class: 'oriel-title' });
  private readonly body = html('div', { class: 'oriel-body' });
  private readonly legend = html('div', { class: 'oriel-legend' });
  private readonly stage = html('div', { class: 'oriel-stage', tabindex: '0', role: 'application' });
  private readonly canvas = svg('svg', { 'aria-hidden': 'true', focusable: 'false' });
  /** Stands where there is nothing to draw; readers of the screen hear it in the summary. */
  private readonly blank = html('div', { class: 'oriel-nodata', 'aria-hidden': 'true' });
  private readonly noteLine = html('p', { class: 'oriel-note' });
  private readonly summary = html('p', { class: 'oriel-sr', id: uniqueId('summary') });
  private readonly live = html('div', { class: 'oriel-sr', 'aria-live': 'polite' });
  private readonly behind = html('div', { class: 'oriel-sr' });
  private readonly tooltip = new Tooltip(this.stage);
  private readonly hidden = new Set<number>();
  private picture: Picture | undefined;
  private at: { stop: number; lane: number | null } | undefined;
  private tabled: Table | undefined;
  /** How far the legend was turned, in pixels. */
  private turned = 0;

  constructor(
    container: HTMLElement,
    type: ChartType,
    table: Table,
    options: ChartOptions,
    protected painter: Painter,
  ) {
    super(container, type, table, options);
    this.root.setAttribute('role', 'group');
    this.stage.prepend(this.canvas);
    this.stage.setAttribute('aria-describedby', this.summary.id);
    this.body.append(this.legend, this.stage);
    this.root.append(this.heading, this.body, this.noteLine, this.summary, this.live, this.behind);
    this.listen();
  }

  override update(table: Table, options: ChartOptions = {}): void {
    this.hidden.clear();
    super.update(table, options);
  }

  protected naturalHeight(width: number): number {
    const rows = Math.min(10, Math.max(3, this.table.rows.length));
    const metrics = columnsOf(this.table, 'metric').length;
    if (this.type === 'bar' && metrics > 1) return rows * Math.max(32, metrics * 14 + 10) + 60;
    if (this.type === 'bar') return rows * (width < 420 ? 40 : 32) + 12;
    if (this.type === 'geo') return Math.max(180, Math.min(480, Math.round(width * (this.options.geo?.region ? 0.7 : 0.5)) + 34));
    if (this.isRound()) return width < 420 ? 300 : 240;
    return width < 420 ? 220 : 280;
  }

  protected render(width: number, height: number): void {
    const name = this.name();
    this.root.setAttribute('aria-label', name);
    const title = this.options.showTitle ? Math.max(TITLE, 1.6 * (this.options.titleStyle?.fontSize ?? this.options.fontSize ?? 0)) : 0;
    this.heading.textContent = title > 0 ? name : '';
    styled(this.heading, { ...this.options.titleStyle }).style.height = title > TITLE ? `${title}px` : '';
    this.stage.setAttribute('aria-label', `${this.texts[this.type]}. ${name}. ${this.texts.keys}`);
    this.leave();
    // The legend's entries come from the painter, and its size decides the picture's.
    const probe = this.paintAt(Math.max(1, width), Math.max(1, height));
    const position = this.showLegend(probe, width);
    const note = this.showNotes(probe.notes);
    const beside = position === 'left' || position === 'right';
    const below = height - title - note;
    if (this.options.fullLegend)
      pageLegend(this.legend, beside ? below : Math.max(LINE, below * 0.3), beside ? PAGER : 0, this.turned, this.texts);
    const legend = position === 'none' ? { width: 0, height: 0 } : { width: this.legend.offsetWidth, height: this.legend.offsetHeight };
    const inner = Math.max(40, below - (beside ? 0 : legend.height));
    const room = Math.max(40, width - (beside ? legend.width : 0));
    // Slices have their names near, however wide the page is.
    const near = beside && this.options.fullLegend && this.isRound() ? Math.min(room, inner * 1.6) : room;
    this.stage.style.flex = near < room ? `0 0 ${near}px` : '';
    this.body.style.justifyContent = near < room ? 'center' : '';
    this.picture = this.paintAt(near, inner);
    if (note > 0) this.showNotes(this.picture.notes);
    for (const one of this.picture.notes) this.note(one);
    this.summary.textContent = `${this.texts[this.type]}. ${name}. ${this.picture.summary}`;
    this.showSelection();
    this.showData();
  }

  protected showSelection(): void {
    this.picture?.select(this.selection);
  }

  private paintAt(width: number, height: number): Picture {
    this.canvas.replaceChildren();
    this.canvas.setAttribute('width', String(width));
    this.canvas.setAttribute('height', String(height));
    this.canvas.setAttribute('viewBox', `0 0 ${width} ${height}`);
    this.stage.style.height = `${height}px`;
    const picture = this.painter({
      type: this.type,
      table: this.table,
      options: this.options,
      format: this.format,
      texts: this.texts,
      svg: this.canvas,
      width,
      height,
      measure: this.measure(this.options.fontSize ?? FONT),
      hidden: this.hidden,
      rtl: getComputedStyle(this.root).direction === 'rtl',
    });
    this.blank.textContent = picture.summary;
    if (picture.stops.length === 0) this.stage.append(this.blank);
    else if (this.blank.parentNode) this.blank.remove(); // libraries of pages replace it by one that wants a parent
    return picture;
  }

  private showLegend(picture: Picture, width: number): LegendPosition {
    const round = this.isRound();
    let position = this.options.legend ?? (round ? 'right' : 'top');
    const { fullLegend: full } = this.options;
    if ((position === 'left' || position === 'right') && width < (full ? 300 : 420)) position = round || full ? 'bottom' : 'top';
    const needed = picture.legend.length > (round || full ? 0 : 1);
    if (!needed || (picture.stops.length === 0 && this.hidden.size === 0)) position = 'none';
    this.body.dataset['legend'] = position;
    const focused = this.legend.contains(activeIn(this.root)) ? (activeIn(this.root) as HTMLElement).dataset['color'] : undefined;
    const entries = legendOf(picture.legend, this.texts, this.options.colors, (color) => this.toggle(color));
    styled(this.legend, { ...this.options.legendStyle });
    this.turned = this.legend.firstElementChild?.scrollTop ?? 0;
    this.legend.replaceChildren(...(position === 'none' ? [] : [entries]));
    if (focused !== undefined) this.legend.querySelector<HTMLElement>(`[data-color="${focused}"]`)?.focus();
    return position;
  }

  private isRound(): boolean {
    return this.type === 'pie' || this.type === 'donut';
  }

  private showNotes(notes: Note[]): number {
    this.noteLine.textContent = notes.map(({ message }) => message).join(' · ');
    return notes.length > 0 ? this.noteLine.offsetHeight : 0;
  }

  private showData(): void {
    if (this.tabled === this.table) return;
    this.tabled = this.table;
    this.behind.replaceChildren(...(this.table.rows.length > 0 ? [dataTable(this.table, this.name(), this.format, this.texts)] : []));
  }

  // The last one that is shown stays.
  private toggle(color: number): void {
    const shown = this.picture?.legend.filter((item) => !item.hidden && !item.previous).length ?? 0;
    if (this.hidden.has(color)) this.hidden.delete(color);
    else if (shown > 1) this.hidden.add(color);
    this.draw();
  }

  private listen(): void {
    this.stage.addEventListener('pointermove', (event) => this.point(event));
    this.stage.addEventListener('pointerdown', (event) => this.point(event));
    this.stage.addEventListener('pointerleave', (event) => {
      if (event.pointerType === 'mouse') this.leave();
    });
    this.stage.addEventListener('click', () => this.chooseCurrent());
    this.stage.addEventListener('keydown', (event) => this.key(event));
    this.stage.addEventListener('blur', () => this.leave());
  }

  private point(event: PointerEvent): void {
    const box = this.canvas.getBoundingClientRect();
    const found = this.picture?.hit(event.clientX - box.left, event.clientY - box.top);
    if (found) this.go(found.stop, found.lane, false);
    else this.leave();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const stops = this.picture?.stops ?? [];
    const step = this.direction(event.key);
    if (stops.length === 0) return;
    if (step !== 0) this.walk(step);
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') this.changeLane(event.key === 'ArrowDown' ? 1 : -1);
    else if (event.key === 'Home') this.go(0, this.at?.lane ?? null, true);
    else if (event.key === 'End') this.go(stops.length - 1, this.at?.lane ?? null, true);
    else if (event.key === 'Enter' || event.key === ' ') this.chooseCurrent();
    else if (event.key === 'Escape' && this.at) this.leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private direction(key: string): number {
    const linear = (this.picture?.stops ?? []).every(({ lines }) => lines.filter(({ previous }) => !previous).length <= 1);
    if (key === 'ArrowRight' || (linear && key === 'ArrowDown')) return 1;
    if (key === 'ArrowLeft' || (linear && key === 'ArrowUp')) return -1;
    return 0;
  }

  private walk(step: number): void {
    const count = this.picture?.stops.length ?? 0;
    const from = this.at?.stop ?? (step > 0 ? -1 : count);
    this.go(Math.max(0, Math.min(count - 1, from + step)), this.at?.lane ?? null, true);
  }

  private changeLane(step: number): void {
    const stop = this.at?.stop ?? 0;
    const lines = this.picture?.stops[stop]?.lines.length ?? 0;
    const lane = this.at?.lane === null || this.at === undefined ? (step > 0 ? 0 : lines - 1) : this.at.lane + step;
    this.go(stop, lane < 0 || lane >= lines ? null : lane, true);
  }

  private go(index: number, lane: number | null, announce: boolean): void {
    const stop = this.picture?.stops[index];
    if (!stop) return;
    if (this.at?.stop === index && this.at.lane === lane) return;
    this.current()?.highlight(false, null);
    this.at = { stop: index, lane };
    stop.highlight(true, lane);
    this.tooltip.show(stop, lane, this.options.colors);
    if (announce) this.live.textContent = this.spoken(stop, lane);
  }

  private spoken(stop: Stop, lane: number | null): string {
    const lines = lane === null ? stop.lines : stop.lines.slice(lane, lane + 1);
    const chosen = this.selection.some(({ row }) => row !== null && row === stop.row) ? `, ${this.texts.selected}` : '';
    return `${stop.title}: ${lines.map(({ label, value }) => `${label} ${value}`).join('; ')}${chosen}`;
  }

  private chooseCurrent(): void {
    const stop = this.current();
    if (!stop) return;
    const line = this.at?.lane === null || this.at === undefined ? stop.lines[0] : stop.lines[this.at.lane];
    // A slice or a country is all of its row.
    const whole = this.options.everyRow && ['pie', 'donut', 'geo'].includes(this.type);
    this.choose({ row: stop.row, column: whole ? null : (line?.column ?? null) });
  }

  private current(): Stop | undefined {
    return this.at && this.picture?.stops[this.at.stop];
  }

  private leave(): void {
    this.current()?.highlight(false, null);
    this.at = undefined;
    this.tooltip.hide();
    this.live.textContent = '';
  }
}

function activeIn(node: Node): Element | null {
  const root = node.getRootNode();
  return root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
}
