// Package ua speaks the Core Reporting API v3 of Universal Analytics, in and
// out: a v3 query becomes questions in the words of package report, and their
// answers become a v3 body.
//
//	q, err := ua.ParseGA(values)       // the parameters of data.ga.get
//	plan, err := ua.Translate(q, options)
//	… ask plan.Queries() …
//	body, err := plan.Answer(reports)
//	json := body.JSON()
//
// What each name of Universal Analytics means in Google Analytics 4 stands in
// one table, names.tsv, from which docs/from-universal-analytics.md is made.
// A name that GA4 cannot answer is an error that says so, never a zero.
//
// Several GA4 rows can fold into one v3 row: all pages under /blog/ are one
// ga:pagePathLevel1. Numbers are then computed only where the result is exact:
// counts are summed, ratios are computed anew from their parts, and what cannot
// be had from the rows (distinct users, sessions by page) is an error.
//
// The package is pure: no I/O, no clock, no state.
package ua
