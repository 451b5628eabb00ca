package plan

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/oriel-server/oriel/internal/report"
)

type sourceFunc func(context.Context, report.Query) (*report.Report, error)

func (f sourceFunc) Report(ctx context.Context, q report.Query) (*report.Report, error) {
	return f(ctx, q)
}

func TestPassesOn(t *testing.T) {
	want := report.Query{Account: "a", Property: "1", Metrics: []report.Metric{{Name: "sessions"}}}
	answer, failure := &report.Report{Rows: 3}, errors.New("no")
	var asked report.Query
	p, err := New(sourceFunc(func(_ context.Context, q report.Query) (*report.Report, error) {
		asked = q
		return answer, failure
	}))
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Report(t.Context(), want)
	if got != answer || !errors.Is(err, failure) {
		t.Errorf("got %v, %v; want the source's answer and error", got, err)
	}
	if !reflect.DeepEqual(asked, want) {
		t.Errorf("asked %+v, want %+v", asked, want)
	}
}

func TestNeedsASource(t *testing.T) {
	if _, err := New(nil); err == nil {
		t.Error("New(nil) gave no error")
	}
}
