import { DAY } from '../data/dates.js';
import type { Cell, Column } from '../data/table.js';
import { countryCode } from './countries.js';

/** `full` is exact, `compact` shortens large numbers, `axis` is the shortest that distinguishes ticks. */
export type Style = 'full' | 'compact' | 'axis';

const UTC = 'UTC';

// Google writes these in lower case.
const devices = new Map([
  ['desktop', 'Desktop'],
  ['mobile', 'Mobile'],
  ['tablet', 'Tablet'],
  ['smart tv', 'Smart TV'],
]);

/** Formats values in one locale. Intl formats are cached, since creating them is slow. */
export class Formatter {
  readonly locale: string;
  private readonly formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
  private readonly regions: Intl.DisplayNames;
  private readonly relative: Intl.RelativeTimeFormat;

  constructor(locale: string) {
    this.locale = supported(locale);
    this.regions = new Intl.DisplayNames(this.locale, { type: 'region', fallback: 'none' });
    this.relative = new Intl.RelativeTimeFormat(this.locale, { style: 'narrow', numeric: 'auto' });
  }

  /** Formats a cell by its column's type. Unknown values are an en dash. */
  cell(value: Cell | undefined, column: Column, style: Style = 'full'): string {
    if (value === null || value === undefined) return '–';
    if (value instanceof Date) return this.date(value, column, style);
    if (typeof value === 'number') return this.number(value, column, style);
    if (column.type === 'country') return this.country(value);
    if (column.name === 'deviceCategory') return devices.get(value) ?? value;
    return this.ordinal(value, column.name) ?? value;
  }

  number(value: number, column: Pick<Column, 'type' | 'currency'>, style: Style = 'full'): string {
    switch (column.type) {
      case 'percent':
        return this.percent(value, style);
      case 'seconds':
        return this.seconds(value);
      case 'currency':
        return this.currency(value, column.currency, style);
      default:
        return this.plain(value, style);
    }
  }

  private plain(value: number, style: Style): string {
    if (isShort(value, style)) return this.compact(value, {});
    return this.numberFormat({ maximumFractionDigits: Number.isInteger(value) ? 0 : 2 }).format(value);
  }

  private percent(value: number, style: Style): string {
    return this.numberFormat({ style: 'percent', maximumFractionDigits: style === 'full' ? 2 : 1 }).format(value);
  }

  private currency(value: number, currency: string | undefined, style: Style): string {
    if (!currency) return this.plain(value, style);
    const options = { style: 'currency', currency } as const;
    if (isShort(value, style)) return this.compact(value, options);
    const whole = style === 'axis' && Number.isInteger(value);
    return this.numberFormat(whole ? { ...options, maximumFractionDigits: 0 } : options).format(value);
  }

  private compact(value: number, options: Intl.NumberFormatOptions): string {
    const format = this.numberFormat({ ...options, notation: 'compact', maximumSignificantDigits: 3 });
    // German has no short form of thousands: a rounded number would look exact.
    const short = format.formatToParts(value).some(({ type }) => type === 'compact');
    return (short ? format : this.numberFormat({ ...options, maximumFractionDigits: 0 })).format(value);
  }

  /** A duration: "3m 12s", with at most two units. */
  seconds(value: number): string {
    const sign = value < 0 ? '-' : '';
    const total = Math.abs(value);
    if (total < 10 && !Number.isInteger(total)) return sign + this.unit(Math.round(total * 10) / 10, 'second');
    const whole = Math.round(total);
    const units = [
      ['hour', Math.floor(whole / 3600)],
      ['minute', Math.floor((whole % 3600) / 60)],
      ['second', whole % 60],
    ] as const;
    const first = units.findIndex(([, amount]) => amount > 0);
    if (first < 0) return this.unit(0, 'second');
    return (
      sign +
      units
        .slice(first, first + 2)
        .filter(([, amount]) => amount > 0)
        .map(([unit, amount]) => this.unit(amount, unit))
        .join(' ')
    );
  }

  private unit(value: number, unit: string): string {
    return this.numberFormat({ style: 'unit', unit, unitDisplay: 'narrow' }).format(value);
  }

  /** A change as a signed percentage: "+12.4%". */
  change(ratio: number): string {
    return this.numberFormat({ style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: Math.abs(ratio) < 10 ? 1 : 0 }).format(
      ratio,
    );
  }

  /** A change of a ratio in percentage points, without the unit: "+1.2". */
  points(difference: number): string {
    return this.numberFormat({ signDisplay: 'exceptZero', maximumFractionDigits: 1 }).format(100 * difference);
  }

  /** A share of 0 to 1: "12.4%". */
  share(ratio: number): string {
    return this.numberFormat({ style: 'percent', maximumFractionDigits: ratio < 0.1 ? 1 : 0 }).format(ratio);
  }

  date(value: Date, column: Pick<Column, 'type'>, style: Style = 'full'): string {
    if (column.type === 'yearMonth') {
      return this.dateFormat({ month: style === 'full' ? 'long' : 'short', year: 'numeric' }).format(value);
    }
    const day =
      style === 'full'
        ? ({ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const)
        : ({ day: 'numeric', month: 'short' } as const);
    return this.dateFormat(column.type === 'dateHour' ? { ...day, hour: 'numeric', minute: '2-digit' } : day).format(value);
  }

  dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = `d${JSON.stringify(options)}`;
    const known = this.formats.get(key) ?? new Intl.DateTimeFormat(this.locale, { ...options, timeZone: UTC });
    this.formats.set(key, known);
    return known as Intl.DateTimeFormat;
  }

  numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const key = `n${JSON.stringify(options)}`;
    const known = this.formats.get(key) ?? new Intl.NumberFormat(this.locale, options);
    this.formats.set(key, known);
    return known as Intl.NumberFormat;
  }

  /** A list: "a, b and c". */
  list(items: string[]): string {
    return new Intl.ListFormat(this.locale, { type: 'conjunction' }).format(items);
  }

  private country(value: string): string {
    const code = countryCode(value);
    return (code && this.regions.of(code)) || value;
  }

  /** Formats Google's numbers of hours, weekdays, months and ISO weeks; undefined for any other text. */
  private ordinal(value: string, name: string): string | undefined {
    if (!/^\d+$/.test(value)) return undefined;
    const n = Number(value);
    if (name === 'hour' && n < 24) return this.dateFormat({ hour: 'numeric', minute: '2-digit' }).format((n * DAY) / 24);
    // The 4th of January 1970 was a Sunday, Google's day 0.
    if (name === 'dayOfWeek' && n < 7) return this.dateFormat({ weekday: 'short' }).format((3 + n) * DAY);
    if (name === 'month' && n >= 1 && n <= 12) return this.dateFormat({ month: 'short' }).format(Date.UTC(1970, n - 1, 1));
    if (name === 'minutesAgo') return this.relative.format(-n, 'minute');
    if ((name === 'isoYearIsoWeek' || name === 'yearWeek') && value.length === 6) return `${value.slice(0, 4)}-W${value.slice(4)}`;
    return undefined;
  }
}

function isShort(value: number, style: Style): boolean {
  const from = style === 'axis' ? 1000 : 10_000;
  return style !== 'full' && Math.abs(value) >= from;
}

function supported(locale: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? 'en';
  } catch {
    return 'en';
  }
}
