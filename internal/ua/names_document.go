package ua

import (
	"fmt"
	"strings"
)

const documentHead = `# From Universal Analytics

<!-- Made from internal/ua/names.tsv by "go test ./internal/ua -run Docs -update". Do not edit. -->

Pages and scripts that were written for Universal Analytics ask by its names. This is what each means in Google Analytics 4.
The endpoints are in [the HTTP API](http-api.md); a view answers to the old ids that its configuration lists as aliases.

| fidelity | meaning | names |
| --- | --- | --- |
`

const documentRules = `
## What is computed, and when it is not

- **Names are read** whatever their case; deprecated names answer as the ones that replaced them.
- **Rates** (PERCENT) are 0 to 100, as they were; GA4's 0 to 1 is converted both in values and in filters.
- **Several GA4 rows can fold into one row**, such as all pages under ` + "`/blog/`" + ` into one ` + "`ga:pagePathLevel1`" + `. Counts of events are added up; rates and means are computed
  again from their parts. Sessions are added up only where a session is in one row (a channel, a device), not over pages or referrers. Distinct users are never added up.
  What cannot be had exactly is an error that says so, and only if rows of this very answer fold: ` + "`ga:users`" + ` by ` + "`ga:fullReferrer`" + ` is answered as long as no referrer came both by http
  and by https. ` + "`ga:uniquePageviews`" + ` is the exception: UA itself added it up over pages, so Oriel does.
- **A filter on a computed metric**, or on one that needs a question of its own, is applied to the finished rows. Totals are then those of the rows that are left: counts are
  added up, rates computed again, and users and sessions added up too, so a user in two rows counts twice in the total. A ratio whose parts GA4 does not tell has a total over one row only.
- **A filter on a computed dimension** is turned round into one on the GA4 field where that says the same (` + "`==`, `!=`, `=@`, `!@`" + ` on path levels, every operator on
  dimensions with few values). Otherwise the dimension must be in the query, and rows are filtered before they fold.
- **Metrics of one event** (` + "`eventCount[eventName==…]`" + `), or of one medium (` + "`ga:organicSearches`" + `), are asked in a question of their own and joined to the others; rows without it have 0.
- **Rows of days and hours without data** are zero-filled when all dimensions are of time and ` + "`include-empty-rows`" + ` is not false.
- **Nothing in the range** is zero: ` + "`totalsForAllResults`" + ` and v4's ` + "`totals`" + ` say "0", and ` + "`rows`" + ` is absent, as both APIs answered, also without dimensions.
- **Numbers stay as Google wrote them** where nothing is computed: ` + "`NaN`, `Infinity`, `1.5e+21`, `-0`" + ` and whole numbers of any length.
- **` + "`ga:pagePath`" + `** is ` + "`pagePathPlusQueryString`" + ` unless the view says ` + "`pagePath`" + `. A path that ends before a level has the empty string there.
- **Relative dates** are read in any case: ` + "`7DaysAgo`" + `.
- **Dates before 2015-08-14** begin on that day, the first that GA4 knows.
- **Segments**: gaid::-1 to gaid::-8, -11, -13 and -14 become filters; others are errors, for they look at whole sessions or users.
- **` + "`rt:activeUsers`" + `** are those of the last 5 minutes, as they were; other realtime metrics are of the last 30.
- **Goals, custom dimensions, custom metrics, calculated metrics** need the view's configuration to say what they are in GA4.
- **Any other name** can be given a field, or a metric a formula, by the view's ` + "`universal_analytics.dimensions` and `.metrics`" + `: ` + "`eventCategory: customEvent:category`" + `. It
  goes before this table, and the value is shown as it is.

## Every name

| Universal Analytics | type | fidelity | Google Analytics 4 | note |
| --- | --- | --- | --- | --- |
`

// Document returns docs/from-universal-analytics.md.
func Document() string {
	var b strings.Builder
	b.WriteString(documentHead)
	for _, f := range []struct {
		grade Fidelity
		means string
	}{
		{Exact, "the same thing under another name"},
		{Near, "a neighbour; the note says how it differs"},
		{Computed, "worked out from GA4 fields"},
		{None, "an error that names the nearest GA4 field"},
	} {
		n := 0
		for _, name := range Names() {
			if name.Fidelity == f.grade {
				n++
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %d |\n", f.grade, f.means, n)
	}
	b.WriteString(documentRules)
	for _, n := range Names() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", n.Name, strings.ToLower(n.Type), n.Fidelity, n.answeredBy(), cell(n.remark()))
	}
	return b.String()
}

// answeredBy returns the cell for what answers a name.
func (n Name) answeredBy() string {
	switch {
	case n.Fidelity != None:
		return "`" + cell(n.GA4) + "`"
	case n.Nearest != "":
		return "nearest: `" + cell(n.Nearest) + "`"
	}
	return ""
}

// remark returns what there is to know about the answer, in words.
func (n Name) remark() string {
	parts := []string{}
	if n.ReplacedBy != "" {
		parts = append(parts, "deprecated for `"+n.ReplacedBy+"`")
	}
	switch t, ok := transforms[n.Transform]; {
	case ok:
		parts = append(parts, t.description)
	case n.Transform == "x100":
		parts = append(parts, "0–1 becomes 0–100")
	}
	if n.Note != "" {
		parts = append(parts, n.Note)
	}
	return strings.Join(parts, "; ")
}

// cell escapes a cell of a table in Markdown.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s)
}
