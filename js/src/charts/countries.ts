// ISO 3166-1: alpha-2 and numeric code of each country, as the map's shapes name it.
const pairs =
  'AF004AL008DZ012AS016AD020AO024AG028AZ031AR032AU036AT040BS044BH048BD050AM051BB052BE056BM060BT064BO068BA070BW072BR076' +
  'BZ084IO086SB090VG092BN096BG100MM104BI108BY112KH116CM120CA124CV132KY136CF140LK144TD148CL152CN156TW158CX162CC166CO170' +
  'KM174YT175CG178CD180CK184CR188HR191CU192CY196CZ203BJ204DK208DM212DO214EC218SV222GQ226ET231ER232EE233FO234FK238GS239' +
  'FJ242FI246AX248FR250GF254PF258TF260DJ262GA266GE268GM270PS275DE276GH288GI292KI296GR300GL304GD308GP312GU316GT320GN324' +
  'GY328HT332HM334VA336HN340HK344HU348IS352IN356ID360IR364IQ368IE372IL376IT380CI384JM388JP392KZ398JO400KE404KP408KR410' +
  'KW414KG417LA418LB422LS426LV428LR430LY434LI438LT440LU442MO446MG450MW454MY458MV462ML466MT470MQ474MR478MU480MX484MC492' +
  'MN496MD498ME499MS500MA504MZ508OM512NA516NR520NP524NL528CW531AW533SX534BQ535NC540VU548NZ554NI558NE562NG566NU570NF574' +
  'NO578MP580UM581FM583MH584PW585PK586PA591PG598PY600PE604PH608PN612PL616PT620GW624TL626PR630QA634RE638RO642RU643RW646' +
  'BL652SH654KN659AI660LC662MF663PM666VC670SM674ST678SA682SN686RS688SC690SL694SG702SK703VN704SI705SO706ZA710ZW716ES724' +
  'SS728SD729EH732SR740SJ744SZ748SE752CH756SY760TJ762TH764TG768TK772TO776TT780AE784TN788TR792TM795TC796TV798UG800UA804' +
  'MK807EG818GB826GG831JE832IM833TZ834US840VI850BF854UY858UZ860VE862WF876WS882YE887ZM894';

const numeric = new Map<string, string>();
for (let i = 0; i < pairs.length; i += 5) numeric.set(pairs.slice(i, i + 2), pairs.slice(i + 2, i + 5));

// Kosovo has no ISO number; the shapes name it only.
numeric.set('XK', 'Kosovo');

// Names that Google spells in another way than the browser's list of English names, or that changed.
const spellings: Record<string, string> = {
  'bosnia and herzegovina': 'BA', 'bosnia & herzegovina': 'BA', 'cape verde': 'CV', 'cabo verde': 'CV', 'congo - brazzaville': 'CG', 'congo - kinshasa': 'CD',
  'republic of the congo': 'CG', 'democratic republic of the congo': 'CD', congo: 'CG',
  "cote d'ivoire": 'CI', 'côte d’ivoire': 'CI', 'ivory coast': 'CI', 'czech republic': 'CZ', czechia: 'CZ',
  'hong kong': 'HK', 'hong kong sar china': 'HK', macao: 'MO', macau: 'MO', 'macao sar china': 'MO', myanmar: 'MM', 'myanmar (burma)': 'MM', burma: 'MM',
  turkey: 'TR', 'türkiye': 'TR', turkiye: 'TR', 'south korea': 'KR', 'north korea': 'KP', russia: 'RU', 'russian federation': 'RU',
  palestine: 'PS', 'palestinian territories': 'PS', swaziland: 'SZ', eswatini: 'SZ', macedonia: 'MK', 'north macedonia': 'MK',
  'macedonia (fyrom)': 'MK', 'the bahamas': 'BS', 'the gambia': 'GM', 'st. barthelemy': 'BL', 'st. barthélemy': 'BL', 'st. kitts & nevis': 'KN',
  'st. lucia': 'LC', 'st. martin': 'MF', 'st. helena': 'SH', 'st. pierre & miquelon': 'PM', 'st. vincent & grenadines': 'VC', 'aland islands': 'AX', 'åland islands': 'AX',
  curacao: 'CW', 'curaçao': 'CW', reunion: 'RE', 'réunion': 'RE', 'u.s. virgin islands': 'VI', 'vatican city': 'VA', 'timor-leste': 'TL',
  'east timor': 'TL', micronesia: 'FM', 'sao tome & principe': 'ST', 'são tomé & príncipe': 'ST', 'usa': 'US', 'united states of america': 'US',
};

let names: Map<string, string> | undefined;

function plain(name: string): string {
  return name.trim().toLowerCase().replace(/’/g, "'").replace(/^saint /, 'st. ').replace(/ and /g, ' & ');
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
