// The names that GA4's own pages give to the fields that dashboards show most. Others are made from
// their API name.

const en: Record<string, string> = {
  activeUsers: 'Active users', totalUsers: 'Total users', newUsers: 'New users', sessions: 'Sessions',
  engagedSessions: 'Engaged sessions', engagementRate: 'Engagement rate', bounceRate: 'Bounce rate',
  screenPageViews: 'Views', screenPageViewsPerSession: 'Views per session', screenPageViewsPerUser: 'Views per user',
  eventCount: 'Event count', eventCountPerUser: 'Events per user', keyEvents: 'Key events',
  averageSessionDuration: 'Average session duration', userEngagementDuration: 'User engagement',
  sessionsPerUser: 'Sessions per active user', totalRevenue: 'Total revenue', purchaseRevenue: 'Purchase revenue',
  ecommercePurchases: 'Purchases', transactions: 'Transactions', active1DayUsers: '1-day active users',
  active7DayUsers: '7-day active users', active28DayUsers: '28-day active users',
  date: 'Date', dateHour: 'Date and hour', yearMonth: 'Month', yearWeek: 'Week', hour: 'Hour', dayOfWeek: 'Day of week',
  dayOfWeekName: 'Day of week', month: 'Month', year: 'Year', minutesAgo: 'Minutes ago',
  country: 'Country', countryId: 'Country', region: 'Region', city: 'Town/City', continent: 'Continent',
  language: 'Language', deviceCategory: 'Device category', browser: 'Browser', operatingSystem: 'Operating system',
  platform: 'Platform', screenResolution: 'Screen resolution', newVsReturning: 'New / returning',
  pagePath: 'Page path', pageTitle: 'Page title', pagePathPlusQueryString: 'Page path and query', hostName: 'Hostname',
  landingPage: 'Landing page', landingPagePlusQueryString: 'Landing page', unifiedScreenName: 'Page title',
  pageReferrer: 'Page referrer', eventName: 'Event name',
  sessionDefaultChannelGroup: 'Channel', sessionPrimaryChannelGroup: 'Channel', defaultChannelGroup: 'Channel',
  firstUserDefaultChannelGroup: 'First user channel', sessionSource: 'Source', sessionMedium: 'Medium',
  sessionSourceMedium: 'Source / medium', sessionCampaignName: 'Campaign', source: 'Source', medium: 'Medium',
};

const de: Record<string, string> = {
  activeUsers: 'Aktive Nutzer', totalUsers: 'Nutzer insgesamt', newUsers: 'Neue Nutzer', sessions: 'Sitzungen',
  engagedSessions: 'Sitzungen mit Interaktionen', engagementRate: 'Engagement-Rate', bounceRate: 'Absprungrate',
  screenPageViews: 'Aufrufe', eventCount: 'Ereignisanzahl', averageSessionDuration: 'Durchschnittl. Sitzungsdauer',
  totalRevenue: 'Gesamtumsatz', date: 'Datum', yearMonth: 'Monat', hour: 'Stunde', country: 'Land', countryId: 'Land',
  region: 'Region', city: 'Stadt', language: 'Sprache', deviceCategory: 'Gerätekategorie', browser: 'Browser',
  operatingSystem: 'Betriebssystem', pagePath: 'Seitenpfad', pageTitle: 'Seitentitel', landingPage: 'Landingpage',
  sessionDefaultChannelGroup: 'Channel', sessionSource: 'Quelle', sessionMedium: 'Medium', eventName: 'Ereignisname',
};

const fr: Record<string, string> = {
  activeUsers: 'Utilisateurs actifs', totalUsers: 'Nombre total d’utilisateurs', newUsers: 'Nouveaux utilisateurs',
  sessions: 'Sessions', engagedSessions: 'Sessions avec engagement', engagementRate: 'Taux d’engagement',
  bounceRate: 'Taux de rebond', screenPageViews: 'Vues', eventCount: 'Nombre d’événements',
  averageSessionDuration: 'Durée moyenne des sessions', totalRevenue: 'Revenu total', date: 'Date', yearMonth: 'Mois',
  hour: 'Heure', country: 'Pays', countryId: 'Pays', region: 'Région', city: 'Ville', language: 'Langue',
  deviceCategory: 'Catégorie d’appareil', browser: 'Navigateur', operatingSystem: 'Système d’exploitation',
  pagePath: 'Chemin de la page', pageTitle: 'Titre de la page', landingPage: 'Page de destination',
  sessionDefaultChannelGroup: 'Canal', sessionSource: 'Source', sessionMedium: 'Support', eventName: 'Nom de l’événement',
};

const es: Record<string, string> = {
  activeUsers: 'Usuarios activos', totalUsers: 'Total de usuarios', newUsers: 'Usuarios nuevos', sessions: 'Sesiones',
  engagedSessions: 'Sesiones con interacción', engagementRate: 'Porcentaje de interacciones', bounceRate: 'Porcentaje de rebote',
  screenPageViews: 'Vistas', eventCount: 'Número de eventos', averageSessionDuration: 'Duración media de la sesión',
  totalRevenue: 'Ingresos totales', date: 'Fecha', yearMonth: 'Mes', hour: 'Hora', country: 'País', countryId: 'País',
  region: 'Región', city: 'Ciudad', language: 'Idioma', deviceCategory: 'Categoría de dispositivo', browser: 'Navegador',
  operatingSystem: 'Sistema operativo', pagePath: 'Ruta de página', pageTitle: 'Título de página',
  landingPage: 'Página de destino', sessionDefaultChannelGroup: 'Canal', sessionSource: 'Fuente', sessionMedium: 'Medio',
  eventName: 'Nombre del evento',
};

const tables: Record<string, Record<string, string>> = { en, de, fr, es };

/** The name of a field for people who read `locale`. Custom fields ("customEvent:plan") are named by their last part. */
export function labelOf(apiName: string, locale = 'en'): string {
  const table = tables[locale.split('-')[0]?.toLowerCase() ?? 'en'] ?? en;
  for (const known of [table, en]) {
    if (Object.hasOwn(known, apiName)) return known[apiName] as string;
  }
  const words = (apiName.split(':').pop() ?? apiName)
    .replace(/_/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
