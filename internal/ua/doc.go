// Package ua translates the reporting APIs of Universal Analytics: a query of the Core
// Reporting API v3 becomes GA4 queries of package report, and their reports become a
// v3 body.
//
//	q, err := ua.ParseGA(values)       // the parameters of data.ga.get
//	plan, err := ua.Translate(q, options)
//	… get the reports for plan.Queries() …
//	body, err := plan.Answer(reports)
//	json := body.JSON()
//
// ParseBatch and TranslateBatch do the same for a batch of the Analytics Reporting API
// v4. Both dialects share the tableQuery: columns over one range of days. A v3 query is
// one; a v4 report is a product, with one for each date range and segment, and another
// product for each part of a pivot, whose rows are joined. Files with the prefix table_
// are about it, dimension_ and metric_ about its columns, and names_ about the names of
// Universal Analytics.
//
// One table, names.tsv, maps the names of Universal Analytics to Google Analytics 4, and
// docs/from-universal-analytics.md is generated from it.
// A name that GA4 cannot answer is an error that says so, never a zero.
//
// Several GA4 rows can be aggregated into one v3 row: all pages under /blog/ are one
// ga:pagePathLevel1. Numbers are then computed only where the result is exact: counts
// are added up, ratios are recomputed from their parts, and what the rows cannot give
// (distinct users, sessions by page) is an error.
//
// Management and AllColumns answer the lists of metadata with which pages fill their
// selectors: accounts, web properties, profiles, goals, segments, columns.
//
// The package is pure: no I/O, no clock, no state.
package ua
