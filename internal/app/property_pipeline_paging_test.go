package app

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/oriel-server/oriel/emulator"
	"github.com/oriel-server/oriel/internal/report"
)

// asked asks at the front door about a view of the witness.
func (w *witness) asked(view string, q report.Query) (header map[string][]string, rows []any, rowCount int) {
	w.t.Helper()
	var g *holding
	for _, h := range w.grants {
		if h.view == view && h.extra == nil {
			g = h
		}
	}
	w.mint(g)
	body, err := json.Marshal(q)
	must(w.t, err)
	a := w.post(g.bearer, "/v1/views/"+view+":runReport", body)
	var answer struct {
		Rows     []any
		RowCount int
	}
	if err := json.Unmarshal(a.Body.Bytes(), &answer); err != nil || a.Code != 200 {
		w.t.Fatalf("%d %s: %v", a.Code, a.Body, err)
	}
	return a.Header(), answer.Rows, answer.RowCount
}

// manyRows is a question with many rows, about days that are final.
func (w *witness) manyRows() report.Query {
	last := w.today.AddDays(-8)
	return report.Query{
		Dimensions: []report.Dimension{{Name: "date"}, {Name: "city"}}, Metrics: []report.Metric{{Name: "eventCount"}},
		DateRanges: []report.DateRange{{StartDate: last.AddDays(-20).String(), EndDate: last.String()}},
		OrderBys: []report.OrderBy{
			{Dimension: &report.DimensionOrder{DimensionName: "date"}}, {Dimension: &report.DimensionOrder{DimensionName: "city"}},
		},
	}
}

// TestPagingToTheLastRow: behind max_rows every row comes, whoever adds the rows
// that came; rowCount is Google's, and the bound is told on all pages but the last.
func TestPagingToTheLastRow(t *testing.T) {
	w := newWitness(t, 10)
	q := w.manyRows()
	q.Limit = 250_000
	straight, ok := w.narrowed(&holding{filter: w.grants[3].filter}, q)
	if !ok {
		t.Fatal("nothing to ask")
	}
	_, body := w.straight(straight)
	var want struct{ Rows []any }
	must(t, json.Unmarshal(body, &want))
	if len(want.Rows) <= 50 {
		t.Fatalf("%d rows show nothing", len(want.Rows))
	}
	var got []any
	for len(got) < len(want.Rows) {
		q.Offset = report.Int64(len(got))
		header, rows, rowCount := w.asked("short", q)
		got = append(got, rows...)
		notice := ""
		if len(got) < len(want.Rows) {
			notice = "max_rows"
		}
		if said := header["Oriel-Notices"]; rowCount != len(want.Rows) || len(rows) == 0 || len(rows) > 25 || fmt.Sprint(said) != fmt.Sprint(listed(notice)) {
			t.Fatalf("from %d: %d rows of %d, want %d in all; notices %q", q.Offset, len(rows), rowCount, len(want.Rows), said)
		}
	}
	if !reflect.DeepEqual(got, want.Rows) {
		t.Error("the pages are not all rows")
	}
	if header, rows, _ := w.asked("all", q); len(header["Oriel-Notices"]) > 0 || len(rows) == 0 {
		t.Errorf("without max_rows: %d rows, notices %q", len(rows), header["Oriel-Notices"])
	}
}

func listed(notice string) (list []string) {
	if notice != "" {
		list = []string{notice}
	}
	return list
}

// TestReservationsEnd: final days that Google thresholds, samples or condenses are
// not final, and are asked again; without, they are.
func TestReservationsEnd(t *testing.T) {
	for notice, flags := range map[string]emulator.Flags{
		"thresholded": {Thresholding: true}, "sampled": {SamplesRead: 1, SamplingSpace: 10}, "other": {OtherRow: true},
	} {
		t.Run(notice, func(t *testing.T) {
			w := newWitness(t, 10)
			must(t, w.late.SetFlags(w.property, flags))
			q := w.manyRows()
			for range 2 {
				if header, _, _ := w.asked("all", q); header["Oriel-Freshness"][0] != "settling" || fmt.Sprint(header["Oriel-Notices"]) != "["+notice+"]" {
					t.Errorf("%v", header)
				}
			}
			must(t, w.late.SetFlags(w.property, emulator.Flags{}))
			w.now.Add(int64(5 * time.Hour))
			w.bearer = "Bearer " + w.token(w.postForm("/token", w.user))
			header, _, _ := w.asked("all", q)
			if header["Oriel-Freshness"][0] != "final" || header["Oriel-Notices"] != nil {
				t.Errorf("%v", header)
			}
		})
	}
}
