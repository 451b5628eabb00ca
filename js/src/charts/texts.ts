/** The words of a chart. `{name}` stands for a value. */
export interface Texts {
  line: string;
  area: string;
  column: string;
  bar: string;
  pie: string;
  donut: string;
  table: string;
  geo: string;
  scorecard: string;
  /** Said instead of a chart when a report has no rows. */
  noData: string;
  loading: string;
  /** "highest {high} on {highAt}, lowest {low} on {lowAt}" */
  extremes: string;
  fromTo: string;
  values: string;
  largest: string;
  share: string;
  total: string;
  other: string;
  previous: string;
  /** "{change} vs. {period}" */
  versus: string;
  previousPeriod: string;
  up: string;
  down: string;
  same: string;
  better: string;
  worse: string;
  /** Of which a ratio changes. */
  points: string;
  pointsShort: string;
  sparkline: string;
  keys: string;
  dataTable: string;
  /** "Top {shown} of {count} shown" */
  truncated: string;
  undated: string;
  unmapped: string;
  noMap: string;
  page: string;
  previousPage: string;
  nextPage: string;
  selected: string;
  legend: string;
  noCountry: string;
}

const en: Texts = {
  line: 'Line chart', area: 'Area chart', column: 'Column chart', bar: 'Bar chart', pie: 'Pie chart', donut: 'Donut chart',
  table: 'Table', geo: 'Map', scorecard: 'Figure',
  noData: 'No data for this period', loading: 'Loading…',
  extremes: 'highest {high} ({highAt}), lowest {low} ({lowAt})',
  fromTo: '{from} to {to}', values: '{count} values', largest: 'Largest: {list}', share: '{value} ({share})',
  total: 'Total', other: 'Other', previous: '{name}, previous period', versus: '{change} vs. {period}',
  previousPeriod: 'previous period', up: 'up', down: 'down', same: 'no change', better: 'better', worse: 'worse',
  points: 'percentage points', pointsShort: '\u00a0pp', sparkline: 'Trend', keys: 'Arrow keys move between values, Escape closes.', dataTable: 'Data of the chart: {title}',
  truncated: 'Top {shown} of {count} shown', undated: '{name}: {value} without a date, not drawn',
  unmapped: 'Not on the map: {list}', noMap: 'The map could not be loaded',
  page: '{from}–{to} of {count}', previousPage: 'Previous page', nextPage: 'Next page', selected: 'selected',
  legend: 'Series', noCountry: 'No data',
};

const de: Texts = {
  line: 'Liniendiagramm', area: 'Flächendiagramm', column: 'Säulendiagramm', bar: 'Balkendiagramm', pie: 'Kreisdiagramm',
  donut: 'Ringdiagramm', table: 'Tabelle', geo: 'Karte', scorecard: 'Kennzahl',
  noData: 'Keine Daten in diesem Zeitraum', loading: 'Wird geladen …',
  extremes: 'höchster Wert {high} ({highAt}), niedrigster {low} ({lowAt})',
  fromTo: '{from} bis {to}', values: '{count} Werte', largest: 'Am größten: {list}', share: '{value} ({share})',
  total: 'Gesamt', other: 'Sonstige', previous: '{name}, Vorzeitraum', versus: '{change} ggü. {period}',
  previousPeriod: 'Vorzeitraum', up: 'gestiegen', down: 'gesunken', same: 'unverändert', better: 'besser', worse: 'schlechter',
  points: 'Prozentpunkte', pointsShort: '\u00a0PP', sparkline: 'Verlauf', keys: 'Pfeiltasten wechseln den Wert, Escape schließt.', dataTable: 'Daten des Diagramms: {title}',
  truncated: 'Die ersten {shown} von {count}', undated: '{name}: {value} ohne Datum, nicht gezeichnet',
  unmapped: 'Nicht auf der Karte: {list}', noMap: 'Die Karte konnte nicht geladen werden',
  page: '{from}–{to} von {count}', previousPage: 'Vorherige Seite', nextPage: 'Nächste Seite', selected: 'ausgewählt',
  legend: 'Reihen', noCountry: 'Keine Daten',
};

const fr: Texts = {
  line: 'Graphique en courbes', area: 'Graphique en aires', column: 'Histogramme', bar: 'Graphique à barres', pie: 'Camembert',
  donut: 'Graphique en anneau', table: 'Tableau', geo: 'Carte', scorecard: 'Indicateur',
  noData: 'Aucune donnée pour cette période', loading: 'Chargement…',
  extremes: 'maximum {high} ({highAt}), minimum {low} ({lowAt})',
  fromTo: '{from} au {to}', values: '{count} valeurs', largest: 'Les plus grandes : {list}', share: '{value} ({share})',
  total: 'Total', other: 'Autres', previous: '{name}, période précédente', versus: '{change} vs {period}',
  previousPeriod: 'période précédente', up: 'en hausse', down: 'en baisse', same: 'inchangé', better: 'mieux', worse: 'moins bien',
  points: 'points de pourcentage', pointsShort: '\u00a0pts', sparkline: 'Tendance', keys: 'Les flèches changent de valeur, Échap ferme.', dataTable: 'Données du graphique : {title}',
  truncated: 'Les {shown} premières sur {count}', undated: '{name} : {value} sans date, non tracé',
  unmapped: 'Hors de la carte : {list}', noMap: 'La carte n’a pas pu être chargée',
  page: '{from}–{to} sur {count}', previousPage: 'Page précédente', nextPage: 'Page suivante', selected: 'sélectionné',
  legend: 'Séries', noCountry: 'Aucune donnée',
};

const es: Texts = {
  line: 'Gráfico de líneas', area: 'Gráfico de áreas', column: 'Gráfico de columnas', bar: 'Gráfico de barras', pie: 'Gráfico circular',
  donut: 'Gráfico de anillo', table: 'Tabla', geo: 'Mapa', scorecard: 'Indicador',
  noData: 'No hay datos en este periodo', loading: 'Cargando…',
  extremes: 'máximo {high} ({highAt}), mínimo {low} ({lowAt})',
  fromTo: '{from} a {to}', values: '{count} valores', largest: 'Los mayores: {list}', share: '{value} ({share})',
  total: 'Total', other: 'Otros', previous: '{name}, periodo anterior', versus: '{change} frente a {period}',
  previousPeriod: 'periodo anterior', up: 'sube', down: 'baja', same: 'sin cambios', better: 'mejor', worse: 'peor',
  points: 'puntos porcentuales', pointsShort: '\u00a0pp', sparkline: 'Tendencia', keys: 'Las flechas cambian de valor, Escape cierra.', dataTable: 'Datos del gráfico: {title}',
  truncated: 'Los primeros {shown} de {count}', undated: '{name}: {value} sin fecha, no dibujado',
  unmapped: 'Fuera del mapa: {list}', noMap: 'No se pudo cargar el mapa',
  page: '{from}–{to} de {count}', previousPage: 'Página anterior', nextPage: 'Página siguiente', selected: 'seleccionado',
  legend: 'Series', noCountry: 'Sin datos',
};

const languages: Record<string, Texts> = { en, de, fr, es };

/** The words in the locale's language, English where there are none, with the host's own put over them. */
export function textsFor(locale: string, own?: Partial<Texts>): Texts {
  const language = locale.split('-')[0]?.toLowerCase() ?? 'en';
  return { ...(Object.hasOwn(languages, language) ? (languages[language] as Texts) : en), ...own };
}

/** Puts values into a text's `{names}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
}
