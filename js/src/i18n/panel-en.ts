// English. Its tables are the type of every other language's.

/** Downloading a panel as CSV. */
export const csvTexts = {
  save: 'Download “{title}” as CSV',
  saved: '{name} downloaded.',
  framed: '{name} downloaded, unless the surrounding page blocks downloads.',
  sealed: 'The surrounding page doesn’t allow downloads.',
};

/** Below a chart. */
export const footnoteTexts = {
  realtime: 'in the last 30 minutes',
  asOf: 'Updated {time} ({zone})',
  asOfPlain: 'Updated {time}',
  sampled: 'Sampled',
  sampledWhy: 'Google estimated this data from a sample.',
  thresholded: 'Some rows hidden',
  thresholdedWhy: 'Google hides rows about very few people to protect their privacy. Totals may be lower than they really are.',
  other: '“(other)” row',
  otherWhy: 'There are more distinct values than Google reports. The rarest are grouped in the “(other)” row.',
  truncated: 'Incomplete data',
  truncatedWhy: 'Google left out some of the data, such as days it no longer keeps. Totals may be lower than they really are.',
  maxRows: 'Not all rows shown',
  maxRowsWhy: 'This site limits how many rows are shown. There are more.',
  google: 'Note from Google: {notice}',
  googleWhy: 'Google added this note to the data, which may be incomplete or estimated.',
  staleQuota: 'Google’s quota is used up. Showing data from {time}.',
  staleUnavailable: 'Google can’t be reached. Showing data from {time}.',
};
