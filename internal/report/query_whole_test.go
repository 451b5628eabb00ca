package report_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/report/reporttest"
)

// ofView are the members that clients never send and clones share.
func ofView(path string) bool {
	return path == "Account" || path == "Property" || path == "Realtime"
}

// TestFullIsFull: the tests of all packages that hold a Query by its leaves see
// every member.
func TestFullIsFull(t *testing.T) {
	q := reporttest.Full()
	for _, l := range reporttest.Leaves(&q) {
		if text, ok := l.Text(); ok && text == "" {
			t.Errorf("%s is empty", l.Path)
		}
	}
	v := reflect.ValueOf(q)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && v.Field(i).IsZero() && f.Type.Kind() != reflect.Uint8 {
			t.Errorf("%s is not set", f.Name)
		}
	}
}

func TestCloneSharesNoLeaf(t *testing.T) {
	q, want := reporttest.Full(), reporttest.Full()
	if !reflect.DeepEqual(q.Clone(), q) {
		t.Fatal("the clone differs")
	}
	for _, l := range reporttest.Leaves(new(q.Clone())) {
		l.Alter()
	}
	got := reporttest.Leaves(&q)
	for i, l := range reporttest.Leaves(&want) {
		if !l.Equal(got[i]) {
			t.Errorf("%s of the clone is the query's own", l.Path)
		}
	}
}

// TestEveryLeafIsWritten: what is asked of Google is all of the query.
func TestEveryLeafIsWritten(t *testing.T) {
	written := func(q report.Query) string {
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	q := reporttest.Full()
	plain := written(q)
	reporttest.EachLeaf(t, &q, func(l reporttest.Leaf) {
		l.Alter()
		if (written(q) == plain) != ofView(l.Path) {
			t.Errorf("%s: written %v", l.Path, written(q) != plain)
		}
	})
}

// TestEveryMemberIsRead: a query that is written is known to the decoder, member
// by member.
func TestEveryMemberIsRead(t *testing.T) {
	for name, decode := range map[string]func([]byte) (report.Query, error){"dateRanges": report.DecodeRunRealtimeReport, "minuteRanges": report.DecodeRunReport} {
		q := reporttest.Full()
		if name == "dateRanges" {
			q.DateRanges, q.Offset, q.CurrencyCode, q.KeepEmptyRows, q.Comparisons = nil, 0, "", false, nil
		} else {
			q.MinuteRanges = nil
		}
		b, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		_, err = decode(b)
		if err == nil || strings.Contains(err.Error(), "Cannot find field") || strings.Contains(err.Error(), "support") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// sound makes a query that Validate takes out of a full one.
func sound() report.Query {
	q := reporttest.Full()
	q.Realtime, q.MinuteRanges = false, nil
	q.Dimensions, q.Metrics = q.Dimensions[:min(len(q.Dimensions), report.MaxDimensions)], q.Metrics[:1]
	q.DateRanges, q.Comparisons, q.OrderBys, q.Pivots = q.DateRanges[:1], q.Comparisons[:1], q.OrderBys[:2], nil
	for _, l := range reporttest.Leaves(&q) {
		if good, ok := map[string]string{
			"Query.CurrencyCode": "EUR", "Query.MetricAggregations": "TOTAL", "StringFilter.MatchType": "FULL_REGEXP", "NumericFilter.Operation": "EQUAL",
			"DimensionOrder.OrderType": "NUMERIC", "DimensionOrder.DimensionName": q.Dimensions[0].Name, "MetricOrder.MetricName": q.Metrics[0].Name,
		}[l.Member]; ok {
			l.SetText(good)
		}
	}
	return q
}

// soundPivots is sound as a pivot report.
func soundPivots() report.Query {
	q := sound()
	pivot := reporttest.Full().Pivots[0]
	pivot.OrderBys = append(q.OrderBys, report.OrderBy{Pivot: &report.PivotOrder{MetricName: q.Metrics[0].Name,
		PivotSelections: []report.PivotSelection{{DimensionName: q.Dimensions[0].Name, DimensionValue: "x"}}}})
	pivot.MetricAggregations = q.MetricAggregations
	pivot.FieldNames = nil
	for _, d := range q.Dimensions {
		pivot.FieldNames = append(pivot.FieldNames, d.Name)
	}
	q.OrderBys, q.MetricAggregations, q.Offset, q.Limit, q.Pivots = nil, nil, 0, 0, []report.Pivot{pivot}
	q.DimensionFilter.Walk(func(c *report.Condition) { c.FieldName = q.Dimensions[0].Name })
	q.MetricFilter.Walk(func(c *report.Condition) { c.FieldName = q.Metrics[0].Name })
	return q
}

// anyText are the texts that may be anything: what is compared to, in the length
// that the decoder bounds, and dates, which the gate resolves.
var anyText = regexp.MustCompile(`^(Query\.(Account|Property)|StringFilter\.Value|PivotSelection\.DimensionValue|InListFilter\.Values|DateRange\.(StartDate|EndDate))$`)

// TestEveryTextIsChecked: Validate refuses nonsense in every text.
func TestEveryTextIsChecked(t *testing.T) {
	hostile := strings.Repeat("(\x00", 4000)
	for _, make := range []func() report.Query{sound, soundPivots} {
		q := make()
		if err := q.Validate(); err != nil {
			t.Fatal(err)
		}
		reporttest.EachLeaf(t, &q, func(l reporttest.Leaf) {
			if _, ok := l.Text(); !ok {
				return
			}
			l.SetText(hostile)
			if err := q.Validate(); (err == nil) != anyText.MatchString(l.Member) && l.Member != "StringFilter.Value" {
				t.Errorf("%s: %v", l.Path, err)
			}
		})
	}
}

// TestEveryNameIsMentioned: no field is read that Mentions does not name.
func TestEveryNameIsMentioned(t *testing.T) {
	q := reporttest.Full()
	reporttest.EachLeaf(t, &q, func(l reporttest.Leaf) {
		if !l.NamesField() {
			return
		}
		l.SetText("secret")
		seen := false
		q.Mentions(func(m report.Mention) { seen = seen || m.Name == "secret" })
		if !seen {
			t.Errorf("%s is read and not mentioned", l.Path)
		}
	})
}
