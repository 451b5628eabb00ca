// The names that GA4's own pages give to the fields that dashboards show most. Others are made from
// their API name.

const en = {
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

// All or none: a label of another language would stand among these.
type Labels = Record<keyof typeof en, string>;

const de: Labels = {
  activeUsers: 'Aktive Nutzer', totalUsers: 'Nutzer insgesamt', newUsers: 'Neue Nutzer', sessions: 'Sitzungen',
  engagedSessions: 'Sitzungen mit Interaktionen', engagementRate: 'Engagement-Rate', bounceRate: 'Absprungrate',
  screenPageViews: 'Aufrufe', eventCount: 'Ereignisanzahl', averageSessionDuration: 'Durchschnittl. Sitzungsdauer',
  totalRevenue: 'Gesamtumsatz', date: 'Datum', yearMonth: 'Monat', hour: 'Stunde', country: 'Land', countryId: 'Land',
  region: 'Region', city: 'Stadt', language: 'Sprache', deviceCategory: 'Gerätekategorie', browser: 'Browser',
  operatingSystem: 'Betriebssystem', pagePath: 'Seitenpfad', pageTitle: 'Seitentitel', landingPage: 'Landingpage',
  sessionDefaultChannelGroup: 'Channel', sessionSource: 'Quelle', sessionMedium: 'Medium', eventName: 'Ereignisname',
  screenPageViewsPerSession: 'Aufrufe pro Sitzung', screenPageViewsPerUser: 'Aufrufe pro Nutzer',
  eventCountPerUser: 'Ereignisse pro Nutzer', keyEvents: 'Schlüsselereignisse',
  userEngagementDuration: 'Nutzerinteraktionen', sessionsPerUser: 'Sitzungen pro aktivem Nutzer',
  purchaseRevenue: 'Kaufumsatz', ecommercePurchases: 'Käufe', transactions: 'Transaktionen',
  active1DayUsers: 'Aktive Nutzer (1 Tag)', active7DayUsers: 'Aktive Nutzer (7 Tage)',
  active28DayUsers: 'Aktive Nutzer (28 Tage)', dateHour: 'Datum und Stunde', yearWeek: 'Woche', dayOfWeek: 'Wochentag',
  dayOfWeekName: 'Wochentag', month: 'Monat', year: 'Jahr', minutesAgo: 'Vor … Minuten', continent: 'Kontinent',
  platform: 'Plattform', screenResolution: 'Bildschirmauflösung', newVsReturning: 'Neu / wiederkehrend',
  pagePathPlusQueryString: 'Seitenpfad und Abfrage', hostName: 'Hostname', landingPagePlusQueryString: 'Landingpage',
  unifiedScreenName: 'Seitentitel', pageReferrer: 'Verweisende Seite', sessionPrimaryChannelGroup: 'Channel',
  defaultChannelGroup: 'Channel', firstUserDefaultChannelGroup: 'Channel (erster Besuch)',
  sessionSourceMedium: 'Quelle / Medium', sessionCampaignName: 'Kampagne', source: 'Quelle', medium: 'Medium',
};

const fr: Labels = {
  activeUsers: 'Utilisateurs actifs', totalUsers: 'Nombre total d’utilisateurs', newUsers: 'Nouveaux utilisateurs',
  sessions: 'Sessions', engagedSessions: 'Sessions avec engagement', engagementRate: 'Taux d’engagement',
  bounceRate: 'Taux de rebond', screenPageViews: 'Vues', eventCount: 'Nombre d’événements',
  averageSessionDuration: 'Durée moyenne des sessions', totalRevenue: 'Revenu total', date: 'Date', yearMonth: 'Mois',
  hour: 'Heure', country: 'Pays', countryId: 'Pays', region: 'Région', city: 'Ville', language: 'Langue',
  deviceCategory: 'Catégorie d’appareil', browser: 'Navigateur', operatingSystem: 'Système d’exploitation',
  pagePath: 'Chemin de la page', pageTitle: 'Titre de la page', landingPage: 'Page de destination',
  sessionDefaultChannelGroup: 'Canal', sessionSource: 'Source', sessionMedium: 'Support', eventName: 'Nom de l’événement',
  screenPageViewsPerSession: 'Vues par session', screenPageViewsPerUser: 'Vues par utilisateur',
  eventCountPerUser: 'Événements par utilisateur', keyEvents: 'Événements clés',
  userEngagementDuration: 'Engagement utilisateur', sessionsPerUser: 'Sessions par utilisateur actif',
  purchaseRevenue: 'Revenu des achats', ecommercePurchases: 'Achats', transactions: 'Transactions',
  active1DayUsers: 'Utilisateurs actifs (1 jour)', active7DayUsers: 'Utilisateurs actifs (7 jours)',
  active28DayUsers: 'Utilisateurs actifs (28 jours)', dateHour: 'Date et heure', yearWeek: 'Semaine',
  dayOfWeek: 'Jour de la semaine', dayOfWeekName: 'Jour de la semaine', month: 'Mois', year: 'Année',
  minutesAgo: 'Il y a … minutes', continent: 'Continent', platform: 'Plate-forme',
  screenResolution: 'Résolution d’écran', newVsReturning: 'Nouveau / connu',
  pagePathPlusQueryString: 'Chemin de la page et requête', hostName: 'Nom d’hôte',
  landingPagePlusQueryString: 'Page de destination', unifiedScreenName: 'Titre de la page',
  pageReferrer: 'Page de provenance', sessionPrimaryChannelGroup: 'Canal', defaultChannelGroup: 'Canal',
  firstUserDefaultChannelGroup: 'Canal de la première visite', sessionSourceMedium: 'Source / support',
  sessionCampaignName: 'Campagne', source: 'Source', medium: 'Support',
};

const es: Labels = {
  activeUsers: 'Usuarios activos', totalUsers: 'Total de usuarios', newUsers: 'Usuarios nuevos', sessions: 'Sesiones',
  engagedSessions: 'Sesiones con interacción', engagementRate: 'Porcentaje de interacciones', bounceRate: 'Porcentaje de rebote',
  screenPageViews: 'Vistas', eventCount: 'Número de eventos', averageSessionDuration: 'Duración media de la sesión',
  totalRevenue: 'Ingresos totales', date: 'Fecha', yearMonth: 'Mes', hour: 'Hora', country: 'País', countryId: 'País',
  region: 'Región', city: 'Ciudad', language: 'Idioma', deviceCategory: 'Categoría de dispositivo', browser: 'Navegador',
  operatingSystem: 'Sistema operativo', pagePath: 'Ruta de página', pageTitle: 'Título de página',
  landingPage: 'Página de destino', sessionDefaultChannelGroup: 'Canal', sessionSource: 'Fuente', sessionMedium: 'Medio',
  eventName: 'Nombre del evento',
  screenPageViewsPerSession: 'Vistas por sesión', screenPageViewsPerUser: 'Vistas por usuario',
  eventCountPerUser: 'Eventos por usuario', keyEvents: 'Eventos clave',
  userEngagementDuration: 'Interacción de los usuarios', sessionsPerUser: 'Sesiones por usuario activo',
  purchaseRevenue: 'Ingresos por compras', ecommercePurchases: 'Compras', transactions: 'Transacciones',
  active1DayUsers: 'Usuarios activos (1 día)', active7DayUsers: 'Usuarios activos (7 días)',
  active28DayUsers: 'Usuarios activos (28 días)', dateHour: 'Fecha y hora', yearWeek: 'Semana',
  dayOfWeek: 'Día de la semana', dayOfWeekName: 'Día de la semana', month: 'Mes', year: 'Año',
  minutesAgo: 'Hace … minutos', continent: 'Continente', platform: 'Plataforma',
  screenResolution: 'Resolución de pantalla', newVsReturning: 'Nuevo / recurrente',
  pagePathPlusQueryString: 'Ruta de página y consulta', hostName: 'Nombre de host',
  landingPagePlusQueryString: 'Página de destino', unifiedScreenName: 'Título de página',
  pageReferrer: 'Página de referencia', sessionPrimaryChannelGroup: 'Canal', defaultChannelGroup: 'Canal',
  firstUserDefaultChannelGroup: 'Canal de la primera visita', sessionSourceMedium: 'Fuente / medio',
  sessionCampaignName: 'Campaña', source: 'Fuente', medium: 'Medio',
};

const tables: Record<string, Record<string, string>> = { en, de, fr, es };

/** The name of a field for people who read `locale`. Custom fields ("customEvent:plan") are named by their last part. */
export function labelOf(apiName: string, locale = 'en'): string {
  const table = tables[locale.split('-')[0]?.toLowerCase() ?? 'en'] ?? en;
  for (const known of [table, en] as Record<string, string>[]) {
    if (Object.hasOwn(known, apiName)) return known[apiName] as string;
  }
  const words = (apiName.split(':').pop() ?? apiName)
    .replace(/_/g, ' ')
    .replace(/([a-z\d])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
