// The script that host pages load: registers the elements. It leaves one global, `Oriel`, that tells the version.

import './base.js';
import { OrielChart } from './chart.js';
import { OrielDashboard } from './dashboard.js';

// A page that loads the script twice keeps the first.
if (!customElements.get('oriel-dashboard')) {
  customElements.define('oriel-dashboard', OrielDashboard);
  customElements.define('oriel-chart', OrielChart);
  (window as { Oriel?: { version: string } }).Oriel ??= Object.freeze({ version: ORIEL_VERSION });
}
