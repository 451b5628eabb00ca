// Package report is the vocabulary of Oriel: a [Query] is a question about one
// Google Analytics 4 property, a [Report] is its answer, a [Source] is whatever
// answers. Everything right of the gate speaks only these words, so that the
// steps of the road (plan, cache, ga4) stack like http.RoundTrippers.
//
// The JSON of a Query and of its parts is that of the Google Analytics Data API
// v1beta (RunReportRequest, RunRealtimeReportRequest), so that what people know
// about Google's API applies to ours.
//
// The package imports nothing of ours.
package report
