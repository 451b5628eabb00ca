// The script that host pages load: registers the elements. Its only global is `Oriel`, with the version.

import './base.js';
import { OrielChart } from './chart.js';
import { OrielDashboard } from './dashboard.js';

// A second copy of the script is ignored.
if (!customElements.get('oriel-dashboard')) {
  customElements.define('oriel-dashboard', OrielDashboard);
  customElements.define('oriel-chart', OrielChart);
  (window as { Oriel?: { version: string } }).Oriel ??= Object.freeze({ version: ORIEL_VERSION });
}
