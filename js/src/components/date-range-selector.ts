// DateRangeSelector: two fields of dates, as in the Embed API demos.

import { isDay, resolveRange } from '../ranges.js';
import type { Component, EmbedApi } from './embed-api.js';
import { register } from './embed-api.js';
import { containerOf, fieldsOf, mount } from './markup.js';

interface Options {
  container?: string | Element;
  template?: string;
  'start-date'?: string;
  'end-date'?: string;
}

/** The component, with the members that pages read. */
interface DateRangeSelector extends Component<Options> {
  template: string;
  container?: Element;
}

const item = (label: string): string => `<div class="DateRangeSelector-item"><label>${label}</label> <input type="date"></div>`;

const TEMPLATE = `<div class="DateRangeSelector">${['Start Date', 'End Date'].map(item).join('')}</div>`;

/** The first day of Universal Analytics data. It rejects a half-typed year, such as "0002". */
const FIRST_DAY = '2005-01-01';

/** The methods of the component. */
export function dateRangeSelector(_api: EmbedApi): object & ThisType<DateRangeSelector> {
  return {
    template: TEMPLATE,

    execute() {
      const options = this.get();
      options['start-date'] ||= '7daysAgo';
      options['end-date'] ||= 'yesterday';
      this.container = containerOf(options.container);
      mount(this.container, options.template || this.template);
      const fields = fieldsOf(this.container, 'input', ['Start Date', 'End Date']);
      show(fields, shownDays(options, localDay(new Date())));
      for (const field of fields) field.addEventListener('change', () => changed(this, fields));
      return this;
    },
  };
}

/**
 * The days that the fields begin with. Fields hold days and no words, so the words are resolved here, in the calendar of
 * who looks: the page knows no property yet. What cannot be read leaves a field empty.
 */
export function shownDays(options: Options, today: string): [string, string] {
  const range = { startDate: options['start-date'] ?? '', endDate: options['end-date'] ?? '' };
  const { startDate, endDate } = resolveRange(range, today);
  return [isDay(startDate) ? startDate : '', isDay(endDate) ? endDate : ''];
}

/** Returns the local day as YYYY-MM-DD. */
export function localDay(now: Date): string {
  const pad = (n: number, width: number): string => String(n).padStart(width, '0');
  return `${pad(now.getFullYear(), 4)}-${pad(now.getMonth() + 1, 2)}-${pad(now.getDate(), 2)}`;
}

type Field = Pick<HTMLInputElement, 'value' | 'min' | 'max' | 'validity'>;

function show([start, end]: Field[], [first, last]: [string, string]): void {
  if (!start || !end) return;
  [start.value, end.value] = [first, last];
  limit(start, end);
}

// Each field bounds the other, so that the pickers offer no range that ends before it begins.
function limit(start: Field, end: Field): void {
  start.min = FIRST_DAY;
  start.max = end.value;
  end.min = start.value || FIRST_DAY;
}

/** Emits the range of two fields, if both are valid. */
export function changed(component: Component<Options>, [start, end]: Field[]): void {
  if (!start?.value || !end?.value || !start.validity.valid || !end.validity.valid) return;
  limit(start, end);
  const range = { 'start-date': start.value, 'end-date': end.value };
  Object.assign(component.get(), range);
  component.emit('change', range);
}

if (typeof window !== 'undefined') register('DateRangeSelector', dateRangeSelector);
