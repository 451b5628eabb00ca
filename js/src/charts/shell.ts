import type { Table } from '../data/table.js';
import { isOnDark } from '../contrast.js';
import { html, measureIn } from './dom.js';
import type { Measure } from './dom.js';
import { Formatter } from './format.js';
import type { Chart, ChartEvents, ChartOptions, ChartType, Note, Selection } from './options.js';
import { chartTexts, inLanguage } from '../i18n/index.js';
import type { Texts } from '../i18n/index.js';

type Callbacks = { [E in keyof ChartEvents]: Set<ChartEvents[E]> };

/** What all charts share: their element, size, words, events and selection. */
export abstract class Shell implements Chart {
  protected readonly root = html('div', { class: 'oriel-chart' });
  protected format: Formatter;
  protected texts: Texts;
  protected selection: Selection[] = [];
  private readonly callbacks: Callbacks = { select: new Set(), ready: new Set() };
  private readonly observer: ResizeObserver;
  /** Whether the container sets the height: known once it has a width, for a hidden one has no size at all. */
  private fills: boolean | undefined;
  private drawn = { width: -1, height: -1 };
  private frame = 0;
  private gone = false;
  private heard = new Set<string>();

  constructor(
    protected readonly container: HTMLElement,
    protected readonly type: ChartType,
    protected table: Table,
    protected options: ChartOptions,
  ) {
    this.root.classList.add(`oriel-chart-${type}`);
    this.format = new Formatter(this.locale());
    this.texts = this.textsOf(options);
    this.observer = new ResizeObserver(() => this.schedule());
  }

  /** Draws everything again, in the given size. */
  protected abstract render(width: number, height: number): void;

  /** The height that suits this chart at this width, where neither options nor container set one. */
  protected abstract naturalHeight(width: number): number;

  start(): this {
    this.container.append(this.root);
    this.draw();
    this.observer.observe(this.container);
    return this;
  }

  update(table: Table, options: ChartOptions = {}): void {
    if (this.gone) return;
    this.table = table;
    this.options = { ...this.options, ...options };
    this.format = new Formatter(this.locale());
    this.texts = this.textsOf(this.options);
    this.selection = [];
    this.heard = new Set();
    this.draw();
  }

  resize(): void {
    if (this.gone) return;
    const { width, height } = this.size();
    if (width === this.drawn.width && height === this.drawn.height) return;
    this.draw();
  }

  destroy(): void {
    this.gone = true;
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    this.root.remove();
  }

  on<E extends keyof ChartEvents>(event: E, callback: ChartEvents[E]): () => void {
    this.callbacks[event].add(callback);
    return () => this.callbacks[event].delete(callback);
  }

  getSelection(): Selection[] {
    return this.selection.map((one) => ({ ...one }));
  }

  setSelection(selection: Selection[]): void {
    this.selection = selection.map((one) => ({ ...one }));
    this.showSelection();
  }

  /** Marks what is selected. */
  protected abstract showSelection(): void;

  /** Selects what a person chose; choosing it again takes it back. */
  protected choose(chosen: Selection): void {
    const [now] = this.selection;
    const again = this.selection.length === 1 && now?.row === chosen.row && now.column === chosen.column;
    this.setSelection(again ? [] : [chosen]);
    for (const callback of this.callbacks.select) callback(this.getSelection());
  }

  /** Tells the host, once for each drawn table. */
  protected note(note: Note): void {
    if (this.heard.has(note.message)) return;
    this.heard.add(note.message);
    this.options.onNote?.(note);
  }

  /** The chart's name for people. */
  protected name(): string {
    if (this.options.title) return this.options.title;
    return (
      this.table.columns
        .filter(({ role }) => role === 'metric')
        .map(({ label }) => label)
        .join(', ') || this.texts[this.type]
    );
  }

  protected measure(size: number): Measure {
    return measureIn(this.root, size);
  }

  protected draw(): void {
    if (this.gone) return;
    const { width, height } = this.size();
    this.drawn = { width, height };
    const { ground = {}, fontFamily, fontSize, theme, padding = 0, legendStyle, titleStyle, hAxis } = this.options;
    const { style } = this.root;
    Object.assign(style, {
      width: this.css('width'),
      height: this.css('height'),
      padding: px(padding),
      fontSize: px(fontSize),
      backgroundColor: ground.fill ?? '',
      fontFamily: fontFamily ?? '',
      boxShadow: ground.strokeWidth ? `inset 0 0 0 ${ground.strokeWidth}px ${ground.stroke ?? ''}` : '',
    });
    // A page that knows no dark mode may still be dark, and then all that it does not colour itself is.
    style.colorScheme = theme ? (isOnDark(this.root) ? 'dark' : theme) : '';
    style.setProperty('--oriel-size', px(fontSize));
    // Words of the chart's own on a ground that the host chose: as its other words.
    style.setProperty('--oriel-over', legendStyle?.color ?? titleStyle?.color ?? hAxis?.textStyle?.color ?? '');
    if (width <= 0) return;
    this.render(width - 2 * padding, height - 2 * padding);
    this.ready();
  }

  protected ready(): void {
    queueMicrotask(() => {
      if (this.gone) return;
      for (const callback of this.callbacks.ready) callback();
    });
  }

  private size(): { width: number; height: number } {
    const inner = innerSize(this.container);
    if (inner.width > 0 && this.fills === undefined) this.fills = this.isFilling();
    const { fallback } = this.options;
    const width = this.own('width', inner.width) ?? (inner.width || fallback?.width || 0);
    const filled = this.fills ? inner.height : 0;
    const height = this.own('height', filled) ?? (filled || (fallback?.height ?? this.naturalHeight(width)));
    return { width: Math.floor(width), height: Math.floor(height) };
  }

  // The size that the options set, in pixels. A part of a container without a size is none.
  private own(side: 'width' | 'height', whole: number): number | undefined {
    const value = this.options[side];
    if (typeof value !== 'string') return value;
    if (value.endsWith('%')) return (Number.parseFloat(value) * whole) / 100 || undefined;
    this.root.style[side] = this.css(side);
    return (side === 'width' ? this.root.offsetWidth : this.root.offsetHeight) || undefined;
  }

  // The size that the options set, as CSS. A chart has a font of its own, and "em" means that of the page around it.
  private css(side: 'width' | 'height'): string {
    const value = this.options[side];
    if (typeof value !== 'string') return px(value);
    return value.replace(/^([\d.]+)em$/i, (_, n: string) => `calc(${n} * ${getComputedStyle(this.container).fontSize})`);
  }

  // What the container is high without the chart, whatever room the page's styles give to the chart's own elements.
  private isFilling(): boolean {
    const { style, classList } = this.root;
    style.display = 'none';
    const fills = innerSize(this.container).height >= 60;
    style.display = '';
    classList.toggle('oriel-fills', fills);
    return fills;
  }

  private schedule(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.resize());
  }

  private textsOf({ texts }: ChartOptions): Texts {
    return { ...inLanguage(chartTexts, this.locale()), ...texts };
  }

  private locale(): string {
    if (this.options.locale) return this.options.locale;
    const own = this.container.closest('[lang]')?.getAttribute('lang');
    return own || document.documentElement.lang || navigator.language || 'en';
  }
}

function px(value: number | undefined): string {
  return value ? `${value}px` : '';
}

function innerSize(element: HTMLElement): { width: number; height: number } {
  const style = getComputedStyle(element);
  const px = (text: string): number => Number.parseFloat(text) || 0;
  return {
    width: element.clientWidth - px(style.paddingLeft) - px(style.paddingRight),
    height: element.clientHeight - px(style.paddingTop) - px(style.paddingBottom),
  };
}
