// The subset of ICU's patterns that google.visualization documents, and its named formats, written with Intl.

/** Writes a number. */
export type NumberWriter = (value: number) => string;
/** Writes a date whose UTC fields are its calendar fields. */
export type DateWriter = (utc: Date, offset?: number) => string;

const named: Record<string, Intl.NumberFormatOptions> = {
  decimal: { maximumFractionDigits: 3 },
  percent: { style: 'percent' },
  currency: { style: 'currency', currency: 'USD' },
  short: { notation: 'compact', maximumSignificantDigits: 3 },
  long: { notation: 'compact', compactDisplay: 'long', maximumSignificantDigits: 3 },
};

const writers = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

// Making a formatter of Intl is slow, and tables have many cells.
function numbers(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `n${locale}${JSON.stringify(options)}`;
  if (!writers.has(key)) writers.set(key, new Intl.NumberFormat(locale, options));
  return writers.get(key) as Intl.NumberFormat;
}

function dates(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `d${locale}${JSON.stringify(options)}`;
  if (!writers.has(key)) writers.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone: 'UTC' }));
  return writers.get(key) as Intl.DateTimeFormat;
}

// Intl separates with spaces that pages do not expect when they read or compare a text.
const plain = (text: string): string => text.replace(/\u202f/g, ' ');

// The text of an affix: '…' is literal, '' an apostrophe.
const quoted = /''|'((?:[^']|'')*)'/g;
const unquoted = (text: string): string => text.replace(quoted, (_, literal = "''") => (literal as string).replaceAll("''", "'"));

/** Writes numbers by a pattern ("#,##0.00%") or a named format ("short"); undefined for a text that is neither. */
export function numberPattern(pattern: string, locale: string): NumberWriter | undefined {
  if (pattern === 'none') return String;
  if (pattern === 'scientific') return numberPattern('0.##E0', locale);
  if (Object.hasOwn(named, pattern)) return (value) => plain(numbers(locale, named[pattern] as object).format(value));
  const [positive, negative] = pattern.match(/(?:'[^']*'|[^;'])+/g) ?? [];
  const match = /^((?:'[^']*'|[^#0.,'])*)([#0.,]*[#0](?:\.[#0]*)?)(?:E(\+?)(0+))?((?:'[^']*'|[^'])*)$/.exec(positive ?? '');
  if (!match) return undefined;
  const [, before = '', digits = '', plus, exponent, after = ''] = match;
  const signs = (before + after).replace(quoted, '');
  const scale = signs.includes('%') ? 100 : signs.includes('‰') ? 1000 : 1;
  const affixes = negative ? /^((?:'[^']*'|[^#0.,'])*)[#0.,E]+(.*)$/.exec(negative) : null;
  const [prefix, suffix] = [unquoted(before), unquoted(after)];
  const options = digitsOf(digits);
  const write = (value: number): string => {
    if (!exponent) return numbers(locale, options).format(value);
    const [mantissa = '', power = '0'] = value.toExponential(options.maximumFractionDigits).split('e');
    const sign = Number(power) < 0 ? '-' : (plus ?? '');
    return `${numbers(locale, options).format(Number(mantissa))}E${sign}${String(Math.abs(Number(power))).padStart(exponent.length, '0')}`;
  };
  return (value) => {
    if (Number.isNaN(value)) return 'NaN';
    // Without it 0.285 would be 28.499999999999996 percent.
    const size = Number.isFinite(value) ? Number((Math.abs(value) * scale).toPrecision(15)) : Infinity;
    const text = plain(write(size));
    if (value >= 0 || !/[1-9∞]/.test(text)) return prefix + text + suffix;
    return affixes ? unquoted(affixes[1] ?? '') + text + unquoted(affixes[2] ?? '') : `-${prefix}${text}${suffix}`;
  };
}

function digitsOf(digits: string): Intl.NumberFormatOptions & { maximumFractionDigits: number } {
  const [whole = '', fraction = ''] = digits.split('.');
  const zeros = (text: string): number => text.replace(/[^0]/g, '').length;
  return {
    useGrouping: whole.includes(','),
    minimumIntegerDigits: Math.min(Math.max(zeros(whole), 1), 21),
    minimumFractionDigits: Math.min(zeros(fraction), 20),
    maximumFractionDigits: Math.min(fraction.length, 20),
  };
}

/** A number with up to three decimals, as cells without a format are written. */
export function plainNumber(value: number, locale: string): string {
  return plain(numbers(locale, named['decimal'] as object).format(value));
}

/** As `plainNumber`, but for numbers so small that their first digits come later. */
export function axisNumber(value: number, locale: string): string {
  return value === 0 || Math.abs(value) >= 0.01
    ? plainNumber(value, locale)
    : numbers(locale, { maximumSignificantDigits: 3 }).format(value);
}

/** Formats a date in one of Intl's styles, optionally with the time. The date's UTC fields are its calendar fields. */
export function dateStyle(style: 'short' | 'medium' | 'long' | 'full', time: boolean, locale: string): DateWriter {
  const options: Intl.DateTimeFormatOptions = { dateStyle: style, ...(time ? { timeStyle: style === 'short' ? 'short' : 'medium' } : {}) };
  return (utc) => plain(dates(locale, options).format(utc));
}

/** Writes dates by a pattern ("MMM d, yyyy"). The dates' UTC fields are their calendar fields; `offset` is the zone's, in minutes. */
export function datePattern(pattern: string, locale: string): DateWriter {
  const parts = pattern.match(/''|'(?:[^']|'')*'|([a-zA-Z])\1*|[^a-zA-Z']+|'/g) ?? [];
  return (utc, offset = -new Date().getTimezoneOffset()) =>
    parts
      .map((part) => {
        if (part === "''" || part === "'") return "'";
        if (part.startsWith("'")) return part.slice(1, -1).replaceAll("''", "'");
        return /^[a-zA-Z]/.test(part) ? plain(field(utc, part, locale, offset)) : part;
      })
      .join('');
}

// One field of a pattern: the letter says which, its repetition how wide.
function field(utc: Date, token: string, locale: string, offset: number): string {
  const wide = token.length;
  const pad = (value: number): string => String(value).padStart(wide, '0');
  const name = (type: Intl.DateTimeFormatPartTypes, options: Intl.DateTimeFormatOptions): string =>
    dates(locale, options)
      .formatToParts(utc)
      .find((part) => part.type === type)?.value ?? '';
  const width = wide > 4 ? 'narrow' : wide === 4 ? 'long' : 'short';
  const hour = utc.getUTCHours();
  switch (token[0]) {
    case 'G':
      return name('era', { era: width, year: 'numeric' });
    case 'y':
      return wide === 2 ? String(utc.getUTCFullYear() % 100).padStart(2, '0') : pad(utc.getUTCFullYear());
    // Many languages write the month otherwise beside a day than alone.
    case 'M':
      return wide < 3 ? pad(utc.getUTCMonth() + 1) : name('month', { month: width, day: 'numeric' });
    case 'L':
      return wide < 3 ? pad(utc.getUTCMonth() + 1) : name('month', { month: width });
    case 'Q':
      return `${wide > 3 ? 'Quarter ' : wide === 3 ? 'Q' : ''}${Math.floor(utc.getUTCMonth() / 3) + 1}`;
    case 'd':
      return pad(utc.getUTCDate());
    case 'E':
    case 'c':
      return name('weekday', { weekday: width });
    case 'a':
      return name('dayPeriod', { hour: 'numeric', hour12: true }) || (hour < 12 ? 'AM' : 'PM');
    case 'h':
      return pad(hour % 12 || 12);
    case 'H':
      return pad(hour);
    case 'K':
      return pad(hour % 12);
    case 'k':
      return pad(hour || 24);
    case 'm':
      return pad(utc.getUTCMinutes());
    case 's':
      return pad(utc.getUTCSeconds());
    case 'S':
      return String(utc.getUTCMilliseconds()).padStart(3, '0').slice(0, wide).padEnd(wide, '0');
    case 'z':
    case 'v':
    case 'V':
      return `UTC${offset ? zone(offset).replace(/^(.)0/, '$1').replace(/:00$/, '') : ''}`;
    case 'Z':
      return wide === 4 ? `GMT${zone(offset)}` : zone(offset).replace(':', '');
    default:
      return token;
  }
}

function zone(offset: number): string {
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
  return `${offset < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}
