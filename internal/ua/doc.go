// Package ua speaks the reporting APIs of Universal Analytics, in and out: a
// query of the Core Reporting API v3 becomes questions in the words of package
// report, and their answers become a v3 body.
//
//	q, err := ua.ParseGA(values)       // the parameters of data.ga.get
//	plan, err := ua.Translate(q, options)
//	… ask plan.Queries() …
//	body, err := plan.Answer(reports)
//	json := body.JSON()
//
// A batch of the Analytics Reporting API v4 goes the same way, from ParseBatch and
// TranslateBatch. Both dialects are made of tables: columns over one span of days.
// A v3 query is one; a v4 report has one for each date range, segment and part of
// a pivot, whose rows are joined.
//
// What each name of Universal Analytics means in Google Analytics 4 stands in
// one table, names.tsv, from which docs/from-universal-analytics.md is made.
// A name that GA4 cannot answer is an error that says so, never a zero.
//
// Several GA4 rows can be aggregated into one v3 row: all pages under /blog/ are one
// ga:pagePathLevel1. Numbers are then computed only where the result is exact:
// counts are alwaysSummed, ratios are computed anew from their parts, and what cannot
// be had from the rows (distinct users, sessions by page) is an error.
//
// Management and AllColumns answer the lists around the data, from which pages
// fill their selectors: accounts, web properties, profiles, goals, segments,
// columns.
//
// The package is pure: no I/O, no clock, no state.
package ua
