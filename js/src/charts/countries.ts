// ISO 3166-1: the alpha-2 code of each country, and the difference of its numeric code to the previous one (base 36).
const steps =
  'AF4AL4DZ4AS4AD4AO4AG4AZ3AR1AU4AT4BS4BH4BD2AM1BB1BE4BM4BT4BO4BA2BW2BR4BZ8IO2SB4VG2BN4BG4MM4BI4BY4KH4CM4CA4CV8KY4CF4LK4' +
  'TD4CL4CN4TW2CX4CC4CO4KM4YT1CG3CD2CK4CR4HR3CU1CY4CZ7BJ1DK4DM4DO2EC4SV4GQ4ET5ER1EE1FO1FK4GS1FJ3FI4AX2FR2GF4PF4TF2DJ2GA4' +
  'GE2GM2PS5DE1GHcGI4KI4GR4GL4GD4GP4GU4GT4GN4GY4HT4HM2VA2HN4HK4HU4IS4IN4ID4IR4IQ4IE4IL4IT4CI4JM4JP4KZ6JO2KE4KP4KR2KW4KG3' +
  'LA1LB4LS4LV2LR2LY4LI4LT2LU2MO4MG4MW4MY4MV4ML4MT4MQ4MR4MU2MX4MC8MN4MD2ME1MS1MA4MZ4OM4NA4NR4NP4NL4CW3AW2SX1BQ1NC5VU8NZ6' +
  'NI4NE4NG4NU4NF4NO4MP2UM1FM2MH1PW1PK1PA5PG7PY2PE4PH4PN4PL4PT4GW4TL2PR4QA4RE4RO4RU1RW3BL6SH2KN5AI1LC2MF1PM3VC4SM4ST4SA4' +
  'SN4RS2SC2SL4SG8SK1VN1SI1SO1ZA4ZW6ES8SS4SD1EH3SR8SJ4SZ4SE4CH4SY4TJ2TH2TG4TK4TO4TT4AE4TN4TR4TM3TC1TV2UG2UA4MK3EGbGB8GG5' +
  'JE1IM1TZ1US6VIaBF4UY4UZ2VE2WFeWS6YE5ZM7';

const numeric = new Map<string, string>();
let last = 0;
for (let i = 0; i < steps.length; i += 3) {
  last += Number.parseInt(steps.charAt(i + 2), 36);
  numeric.set(steps.slice(i, i + 2), String(last).padStart(3, '0'));
}

// Kosovo has no ISO number; the shapes name it only.
numeric.set('XK', 'Kosovo');

// Names that Google spells differently from the browser's English names, or that changed. Without accents.
const spellings: Record<string, string> = {
  china: 'CN',
  'cape verde': 'CV',
  'cabo verde': 'CV',
  congo: 'CG',
  'congo - brazzaville': 'CG',
  'congo - kinshasa': 'CD',
  'republic of the congo': 'CG',
  'democratic republic of the congo': 'CD',
  "cote d'ivoire": 'CI',
  'ivory coast': 'CI',
  'czech republic': 'CZ',
  czechia: 'CZ',
  'hong kong': 'HK',
  macao: 'MO',
  macau: 'MO',
  myanmar: 'MM',
  burma: 'MM',
  turkey: 'TR',
  turkiye: 'TR',
  'russian federation': 'RU',
  palestine: 'PS',
  'palestinian territories': 'PS',
  swaziland: 'SZ',
  eswatini: 'SZ',
  macedonia: 'MK',
  'north macedonia': 'MK',
  'macedonia (fyrom)': 'MK',
  'the bahamas': 'BS',
  'the gambia': 'GM',
  'east timor': 'TL',
  usa: 'US',
  'united states of america': 'US',
};

let names: Map<string, string> | undefined;

function plain(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/’/g, "'")
    .replace(/^saint /, 'st. ')
    .replace(/ and /g, ' & ');
}

function englishNames(): Map<string, string> {
  if (names) return names;
  names = new Map();
  const english = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  for (const code of numeric.keys()) {
    const name = english.of(code);
    if (name) names.set(plain(name), code);
  }
  for (const [name, code] of Object.entries(spellings)) names.set(plain(name), code);
  return names;
}

/** The alpha-2 code of a country, given as Google does: a code or an English name. */
export function countryCode(text: string): string | undefined {
  if (/^[A-Z]{2}$/.test(text)) return numeric.has(text) ? text : undefined;
  return englishNames().get(plain(text));
}

/** How the map's shapes name a country: its ISO number. */
export function shapeId(code: string): string | undefined {
  return numeric.get(code);
}

/** The alpha-2 code of a shape, undefined for lands without one. */
export function codeOfShape(id: string | number | undefined, name: string): string | undefined {
  const wanted = id === undefined ? name : String(id).padStart(3, '0');
  for (const [code, shape] of numeric) if (shape === wanted) return code;
  return undefined;
}
