// Turns a panel's data into a chart's table and options. Loaded with the charts.

import { periodText } from './age.js';
import type { ChartOptions } from './charts/options.js';
import { fillDates, splitRanges, tableOf } from './data/report.js';
import type { GoogleReport } from './data/report.js';
import type { Table } from './data/table.js';
import { labelOf } from './labels.js';
import { realtimeText } from './footnotes.js';
import type { DateRange, PanelData, Setting } from './types.js';

/** Returns the metrics' labels, for a panel without a title. */
export function titleOf({ report }: PanelData, { locale }: Setting): string {
  return (report.metricHeaders ?? []).map(({ name }) => labelOf(name, locale)).join(', ');
}

/** Returns a panel's table and the options to draw it with. */
export function viewModelOf(data: PanelData, setting: Setting): { table: Table; options: ChartOptions } {
  const { current, previous } = splitRanges(data.report);
  const [range, before] = data.dateRanges ?? [];
  // Days without rows are zero, unless no day has rows: then there is no data.
  const known = [current, previous].some((report) => report?.rows?.length);
  const filled = (report: GoogleReport, days: DateRange | undefined) => {
    const table = tableOf(report, (name) => labelOf(name, setting.locale));
    return days && known ? fillDates(table, days.startDate, days.endDate) : table;
  };
  const { stacked = false, region, colors } = data.options ?? {};
  const options: ChartOptions = { locale: setting.locale, stacked };
  if (region) options.geo = { region };
  if (colors?.length) options.colors = colors;
  if (previous) options.previous = filled(previous, before);
  if (data.realtime) options.scorecard = { note: realtimeText(setting.locale) };
  if (before) options.scorecard = { period: periodText(before.startDate, before.endDate, setting.locale) };
  return { table: filled(current, range), options };
}
