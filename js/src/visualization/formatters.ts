import { isDate, localDate, utcOf } from './dates.js';
import type { DataTable } from './datatable.js';
import { language } from './language.js';
import { datePattern, dateStyle, numberPattern } from './patterns.js';
import type { DateWriter, NumberWriter } from './patterns.js';
import { compareValues } from './reading.js';

export interface NumberFormatOptions {
  decimalSymbol?: string;
  fractionDigits?: number;
  groupingSymbol?: string;
  negativeColor?: string;
  negativeParens?: boolean;
  pattern?: string;
  prefix?: string;
  suffix?: string;
}

export interface DateFormatOptions {
  formatType?: string;
  pattern?: string;
  /** Hours from GMT. */
  timeZone?: number;
}

// Cells carry their look as inline styles, as Google's do.
function restyle(table: DataTable, row: number, column: number, style: string): void {
  const before = String(table.getProperty(row, column, 'style') ?? '');
  table.setProperty(row, column, 'style', before ? `${before.replace(/;?$/, ';')}${style}` : style);
}

function eachValue(table: DataTable, column: number, visit: (value: unknown, row: number) => void): void {
  for (let row = 0; row < table.getNumberOfRows(); row++) {
    const value = table.getValue(row, column) as unknown;
    if (value !== null) visit(value, row);
  }
}

/** Writes the texts of a column of numbers. */
export class NumberFormat {
  private readonly write: NumberWriter;

  constructor(private readonly options: NumberFormatOptions = {}) {
    const locale = language();
    const { pattern } = options;
    const byPattern = pattern ? numberPattern(pattern, locale) : undefined;
    if (pattern && !byPattern) throw new Error(`The pattern "${pattern}" is not one of numbers.`);
    this.write = byPattern ?? plainWriter(options, locale);
  }

  format(table: DataTable, column: number): void {
    eachValue(table, column, (value, row) => {
      if (typeof value !== 'number') return;
      table.setFormattedValue(row, column, this.write(value));
      if (value < 0 && this.options.negativeColor) restyle(table, row, column, `color:${this.options.negativeColor};`);
    });
  }

  formatValue(value: number): string {
    return value === null || value === undefined ? '' : this.write(Number(value));
  }
}

function plainWriter(options: NumberFormatOptions, locale: string): NumberWriter {
  const digits = Math.max(0, Math.min(20, Math.trunc(options.fractionDigits ?? 2)));
  const intl = new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const symbols: Record<string, string | undefined> = { decimal: options.decimalSymbol, group: options.groupingSymbol };
  const { prefix = '', suffix = '', negativeParens = true } = options;
  return (value) => {
    const text =
      prefix +
      intl
        .formatToParts(Math.abs(value))
        .map((part) => symbols[part.type] ?? part.value)
        .join('') +
      suffix;
    if (!(value < 0)) return text;
    return negativeParens ? `(${text})` : `-${text}`;
  };
}

/** Writes the texts of a column of dates. */
export class DateFormat {
  private readonly options: DateFormatOptions;

  constructor(options: DateFormatOptions = {}) {
    if (options.pattern && options.formatType) throw new Error('A DateFormat takes a pattern or a formatType, not both.');
    this.options = options;
  }

  format(table: DataTable, column: number): void {
    const type = table.getColumnType(column);
    const write = this.writer(type === 'datetime');
    eachValue(table, column, (value, row) => {
      const date = Array.isArray(value) ? localDate(1970, 0, 1, ...(value as number[])) : value;
      if (isDate(date)) table.setFormattedValue(row, column, this.text(date, write));
    });
  }

  formatValue(value: Date): string {
    return isDate(value) ? this.text(value, this.writer(false)) : '';
  }

  private writer(time: boolean): DateWriter {
    const { pattern, formatType } = this.options;
    if (pattern) return datePattern(pattern, language());
    return dateStyle(formatType === 'short' || formatType === 'long' ? formatType : 'medium', time, language());
  }

  private text(date: Date, write: DateWriter): string {
    const { timeZone } = this.options;
    if (timeZone === undefined) return write(utcOf(date), -date.getTimezoneOffset());
    return write(new Date(date.getTime() + timeZone * 3_600_000), timeZone * 60);
  }
}

/** Puts an arrow before each number that is above or below a base. */
export class ArrowFormat {
  constructor(private readonly options: { base?: number } = {}) {}

  format(table: DataTable, column: number): void {
    const { base = 0 } = this.options;
    eachValue(table, column, (value, row) => {
      const order = compareValues(value, base);
      if (order === 0) return;
      table.setFormattedValue(row, column, `${order > 0 ? '▲' : '▼'} ${table.getFormattedValue(row, column)}`);
      restyle(table, row, column, `color:${order > 0 ? '#137333' : '#c5221f'};`);
    });
  }
}

export interface BarFormatOptions {
  base?: number;
  colorNegative?: string;
  colorPositive?: string;
  drawZeroLine?: boolean;
  max?: number;
  min?: number;
  showValue?: boolean;
  width?: number;
}

/** Draws a bar behind each number, from a base to the number. */
export class BarFormat {
  constructor(private readonly options: BarFormatOptions = {}) {}

  format(table: DataTable, column: number): void {
    const range = table.getColumnRange(column) as { min: number; max: number };
    const { base = 0, colorNegative = 'red', colorPositive = 'blue', drawZeroLine, showValue = true, width = 100 } = this.options;
    const [low, high] = [Math.min(this.options.min ?? range.min, base), Math.max(this.options.max ?? range.max, base)];
    const place = (value: number): number => Math.round(Math.max(0, Math.min(1, (value - low) / (high - low || 1))) * width);
    const stripe = (color: string, from: number, to: number): string =>
      `linear-gradient(90deg, transparent ${from}px, ${color} ${from}px ${to}px, transparent ${to}px)`;
    const zero = drawZeroLine ? `${stripe('#000', place(base), place(base) + 1)}, ` : '';
    eachValue(table, column, (value, row) => {
      const [from, to] = [place(base), place(value as number)].sort((a, b) => a - b) as [number, number];
      const bar = stripe(`color-mix(in srgb, ${(value as number) < base ? colorNegative : colorPositive} 45%, transparent)`, from, to);
      restyle(table, row, column, `background:${zero}${bar};padding-left:${width + 8}px;`);
      if (!showValue) table.setFormattedValue(row, column, '');
    });
  }
}

interface ColorRange {
  from: unknown;
  to: unknown;
  color: string;
  /** The background at a share of the way from the one bound to the other. */
  background: (share: number) => string;
}

/** Colours cells by the range that their value lies in. */
export class ColorFormat {
  private readonly ranges: ColorRange[] = [];

  /** Colours values from `from` (included) to `to` (excluded); null has no bound. */
  addRange(from: unknown, to: unknown, color: string, background: string): void {
    this.ranges.push({ from, to, color, background: () => background });
  }

  /** Colours values between two bounds in proportion. */
  addGradientRange(from: unknown, to: unknown, color: string, fromBackground: string, toBackground: string): void {
    const background = (share: number): string => `color-mix(in srgb, ${toBackground} ${(share * 100).toFixed(1)}%, ${fromBackground})`;
    this.ranges.push({ from, to, color, background });
  }

  format(table: DataTable, column: number): void {
    const whole = table.getColumnRange(column) as { min: number; max: number };
    eachValue(table, column, (value, row) => {
      // Of ranges that overlap the last one counts.
      const range = [...this.ranges]
        .reverse()
        .find(({ from, to }) => (from === null || compareValues(value, from) >= 0) && (to === null || compareValues(value, to) < 0));
      if (!range) return;
      const [low, high] = [Number(range.from ?? whole.min), Number(range.to ?? whole.max)];
      const background = range.background(high > low ? (Number(value) - low) / (high - low) : 1);
      const style = `${range.color ? `color:${range.color};` : ''}${background ? `background-color:${background};` : ''}`;
      if (style) restyle(table, row, column, style);
    });
  }
}

/** Writes a column's texts from those of several. */
export class PatternFormat {
  constructor(private readonly pattern: string) {}

  /** Puts the texts of the sources into the pattern's `{0}`, `{1}`, …; the target is the first source unless named. */
  format(table: DataTable, sources: number[], target: number = sources[0] ?? 0): void {
    for (let row = 0; row < table.getNumberOfRows(); row++) {
      const texts = sources.map((column) => table.getFormattedValue(row, column));
      const text = this.pattern.replace(/\\([{}\\])|\{(\d+)\}/g, (_, escaped?: string, at?: string) => escaped ?? texts[Number(at)] ?? '');
      table.setFormattedValue(row, target, text);
    }
  }
}
