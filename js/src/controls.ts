import { periodText } from './age.js';
import { h } from './dom.js';
import { fill } from './i18n/index.js';
import type { Messages } from './i18n/index.js';
import { addDays, customRange, isDay, presetDays } from './ranges.js';
import type { DateRange, ApiView } from './types.js';

/** The current selection and the available choices. */
export interface Choice {
  view: string;
  views: ApiView[];
  range: DateRange & { name: string };
  /** The names of the ranges to choose from; any days if `anyRange`. */
  ranges: string[];
  anyRange: boolean;
  /** The current ISO day in the property's zone. */
  today: string;
}

/** The view switcher and the date-range control of a dashboard. */
export class Controls {
  readonly element = h('div', { class: 'controls', part: 'controls' });
  private words: Messages | null = null;
  private choice: Choice | null = null;
  private open = false;
  private state = '';
  private locale = 'en';

  constructor(
    private readonly onView: (view: string) => void,
    private readonly onRange: (range: string) => void,
  ) {}

  /** Shows a selection. Input in the date fields stays while the selection is unchanged. */
  show(choice: Choice, words: Messages, locale: string): void {
    const state = JSON.stringify([choice, words.period, locale]);
    if (state === this.state) return;
    this.state = state;
    this.choice = choice;
    this.words = words;
    this.locale = locale;
    this.open = choice.anyRange && !choice.ranges.includes(choice.range.name) && this.open;
    this.render();
  }

  private render(): void {
    if (!this.choice || !this.words) return;
    const focused = this.focusedKey();
    const fields = this.fields(this.choice, this.words);
    const row = h('div', { class: 'row' }, ...this.switcher(this.choice, this.words), this.segments(this.choice, this.words));
    this.element.replaceChildren(row, fields);
    if (focused) this.element.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  // Rendering again must not move the keyboard focus.
  private focusedKey(): string | undefined {
    const root = this.element.getRootNode() as Document | ShadowRoot;
    const active = root.activeElement;
    return active instanceof HTMLElement && this.element.contains(active) ? active.dataset.key : undefined;
  }

  private switcher({ view, views }: Choice, words: Messages): HTMLElement[] {
    if (views.length < 2) return [];
    const select = h('select', {
      part: 'view-switcher',
      'aria-label': words.site,
      'data-key': 'view',
      onchange: (event) => this.onView((event.currentTarget as HTMLSelectElement).value),
    });
    for (const { name, title } of views) select.append(h('option', { value: name, selected: name === view }, title || name));
    return [select];
  }

  private segments({ range, ranges, anyRange }: Choice, words: Messages): HTMLElement {
    // A range like 45d that the page's author chose is offered as long as it is shown.
    const names = presetDays(range.name) === null || ranges.includes(range.name) ? ranges : [...ranges, range.name].sort(byDays);
    const chosen = this.open || !names.includes(range.name) ? 'custom' : range.name;
    const preset = (name: string) => {
      const n = presetDays(name);
      const [from = '', to = ''] = name.split('..');
      const text = n === null ? periodText(from, to, this.locale) : fill(words.daysShort, { n });
      return segment(name, text, n === null ? text : fill(words.days, { n }), () => this.choosePreset(name));
    };
    const segment = (key: string, text: string, full: string, choose: () => void) =>
      h(
        'label',
        { title: full },
        h('input', {
          type: 'radio',
          name: 'range',
          value: key,
          'data-key': `range-${key}`,
          'aria-label': full,
          checked: key === chosen,
          onchange: choose,
        }),
        h('span', {}, text),
      );
    return h(
      'div',
      { class: 'segments', part: 'range', role: 'radiogroup', 'aria-label': words.period },
      ...names.map(preset),
      ...(anyRange ? [segment('custom', words.custom, words.customLong, () => this.toggle(true))] : []),
    );
  }

  private fields({ range, today }: Choice, words: Messages): HTMLElement {
    const last = isDay(today) ? today : undefined;
    const first = last && addDays(last, -1100);
    const input = (key: string, value: string) =>
      h('input', { type: 'date', value, max: last, min: first, required: true, 'data-key': key });
    const from = input('from', range.startDate);
    const to = input('to', range.endDate);
    const apply = (event: Event) => {
      event.preventDefault();
      if (isDay(from.value) && isDay(to.value)) this.chooseCustom(customRange(from.value, to.value));
    };
    return h(
      'form',
      { class: 'custom', part: 'custom-range', hidden: !this.open, onsubmit: apply },
      h('label', { class: 'field' }, words.from, from),
      h('label', { class: 'field' }, words.to, to),
      h('button', { class: 'button primary', part: 'button', type: 'submit', 'data-key': 'apply' }, words.apply),
    );
  }

  private toggle(open: boolean): void {
    this.open = open;
    this.render();
  }

  private choosePreset(range: string): void {
    this.open = false;
    if (range === this.choice?.range.name) this.render();
    else this.onRange(range);
  }

  private chooseCustom(range: string): void {
    this.open = true;
    this.onRange(range);
  }
}

function byDays(a: string, b: string): number {
  return (presetDays(a) ?? Infinity) - (presetDays(b) ?? Infinity);
}
