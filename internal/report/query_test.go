package report

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestInt64(t *testing.T) {
	for _, test := range []struct {
		in   string
		want Int64
		ok   bool
	}{
		{`12`, 12, true}, {`"12"`, 12, true}, {`"-9223372036854775808"`, -9223372036854775808, true},
		{`9223372036854775807`, 9223372036854775807, true}, {`null`, 0, true},
		{`9223372036854775808`, 0, false}, {`1.5`, 0, false}, {`"x"`, 0, false}, {`""`, 0, false}, {`true`, 0, false},
	} {
		var n Int64
		err := json.Unmarshal([]byte(test.in), &n)
		if (err == nil) != test.ok || n != test.want {
			t.Errorf("%s: %d, %v; want %d", test.in, n, err, test.want)
		}
	}
	if b, err := json.Marshal(Int64(-5)); string(b) != `"-5"` || err != nil {
		t.Errorf("written as %s, %v", b, err)
	}
}

func full() Query {
	return Query{
		Account: "main", Property: "1",
		Dimensions:         []Dimension{{Name: "city"}, {Name: "date"}},
		Metrics:            []Metric{{Name: "sessions"}},
		DateRanges:         []DateRange{{"2026-01-01", "2026-01-31", "now"}, {"7daysAgo", "yesterday", ""}},
		DimensionFilter:    deep(),
		MetricFilter:       city("x"),
		OrderBys:           []OrderBy{{Metric: &MetricOrder{"sessions"}, Desc: true}, {Dimension: &DimensionOrder{"city", "NUMERIC"}}},
		MetricAggregations: []Aggregation{Total, Minimum, Maximum},
		Offset:             5,
		Limit:              10,
		CurrencyCode:       "EUR",
		KeepEmptyRows:      true,
	}
}

func TestQueryCloneSharesNothing(t *testing.T) {
	q := full()
	q.MinuteRanges = []MinuteRange{{StartMinutesAgo: new(29), EndMinutesAgo: new(0)}}
	c := q.Clone()
	if !reflect.DeepEqual(c, q) {
		t.Fatal("the clone differs")
	}
	c.Dimensions[0].Name, c.Metrics[0].Name, c.DateRanges[0].Name = "x", "x", "x"
	*c.MinuteRanges[0].StartMinutesAgo = 1
	c.OrderBys[0].Metric.MetricName, c.OrderBys[1].Dimension.OrderType = "x", "x"
	c.MetricAggregations[0] = Maximum
	c.DimensionFilter.AndGroup.Expressions[0].Condition.String.Value = "x"
	c.MetricFilter.Condition.FieldName = "x"
	c.DateRanges = append(c.DateRanges, DateRange{})
	want := full()
	want.MinuteRanges = []MinuteRange{{StartMinutesAgo: new(29), EndMinutesAgo: new(0)}}
	if !reflect.DeepEqual(q, want) {
		t.Error("changing the clone changed the query")
	}
}

func TestClientsCannotSetTheProperty(t *testing.T) {
	b, err := json.Marshal(full())
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(b, &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"account", "Account", "property", "Property", "realtime", "Realtime"} {
		if _, ok := members[name]; ok {
			t.Errorf("the JSON of a query holds %s", name)
		}
	}
}
