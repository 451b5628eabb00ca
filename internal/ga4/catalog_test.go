package ga4

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

func TestFields(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, r request) {
		if r.method != "data/v1beta/properties/123456/metadata" || r.verb != http.MethodGet {
			t.Errorf("asked %s %s", r.verb, r.method)
		}
		_, _ = io.WriteString(w, `{"name":"properties/123456/metadata",
			"dimensions":[{"apiName":"dayOfWeek","uiName":"Day of week","deprecatedApiNames":["dayOfWeekZero"],"category":"Time"}],
			"metrics":[{"apiName":"customEvent:x","type":"TYPE_INTEGER","customDefinition":true,"expression":"a/b"}],
			"comparisons":[{"apiName":"comparisons/1"}]}`)
	})
	f, err := g.client.Fields(t.Context(), "main", "123456")
	want := &report.Fields{
		Dimensions: []report.Field{{APIName: "dayOfWeek", UIName: "Day of week", DeprecatedAPINames: []string{"dayOfWeekZero"}, Category: "Time"}},
		Metrics:    []report.Field{{APIName: "customEvent:x", Type: "TYPE_INTEGER", CustomDefinition: true, Expression: "a/b"}},
	}
	if err != nil || !reflect.DeepEqual(f, want) {
		t.Errorf("got %+v, %v", f, err)
	}
}

func TestFieldsRejectsOtherJSON(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, `{}`) })
	if _, err := g.client.Fields(t.Context(), "main", "1"); report.KindOf(err) != report.Unavailable {
		t.Errorf("got %v", err)
	}
	if _, err := g.client.Fields(t.Context(), "main", "1/../2"); report.KindOf(err) != report.Internal {
		t.Errorf("a property that is no number: got %v", err)
	}
	g.answer = refuse(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.", "")
	if _, err := g.client.Fields(t.Context(), "main", "1"); report.KindOf(err) != report.NoAccess {
		t.Errorf("got %v", err)
	}
}

// TestProperty: the Admin API is not asked, and a report without traffic tells as much.
func TestProperty(t *testing.T) {
	for name, body := range map[string]string{
		"a report": rowFor(nil),
		"an empty one": `{"metadata":{"currencyCode":"EUR","timeZone":"Europe/Berlin"},"kind":"analyticsData#runReport",
			"propertyQuota":{"tokensPerDay":{"consumed":1,"remaining":7}}}`,
	} {
		g := newGoogle(t, func(w http.ResponseWriter, r request) {
			if r.method != "runReport" {
				t.Errorf("%s: asked %s", name, r.method)
			}
			_, _ = io.WriteString(w, body)
		})
		p, err := g.client.Property(t.Context(), "main", "123456")
		if err != nil || p.ID != "123456" || p.TimeZone.String() != "Europe/Berlin" || p.CurrencyCode != "EUR" {
			t.Errorf("%s: got %+v, %v", name, p, err)
		}
		g.answer = func(w http.ResponseWriter, _ request) {
			_, _ = io.WriteString(w, `{"metadata":{"timeZone":"Mars/Olympus"}}`)
		}
		if _, err := g.client.Property(t.Context(), "main", "123456"); report.KindOf(err) != report.Unavailable {
			t.Errorf("%s: an unknown zone: %v", name, err)
		}
	}
}

func TestPropertyWithoutAccess(t *testing.T) {
	g := newGoogle(t, refuse(403, "PERMISSION_DENIED", "User does not have sufficient permissions for this property.", ""))
	_, err := g.client.Property(t.Context(), "main", "123456")
	if e := report.AsError(err); e == nil || e.Kind != report.NoAccess || !strings.Contains(e.Error(), "robot@example.com") ||
		!strings.Contains(e.Error(), "123456") {
		t.Errorf("got %v", err)
	}
}

func TestAccountSummaries(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, r request) {
		page := 1
		if strings.Contains(r.query, "pageToken=next") {
			page = 2
		}
		next := ""
		if page == 1 {
			next = `,"nextPageToken":"next"`
		}
		fmt.Fprintf(w, `{"accountSummaries":[{"account":"accounts/%d","displayName":"A%d","propertySummaries":[{"property":"properties/%d0","displayName":"P"}]}]%s}`,
			page, page, page, next)
	})
	list, err := g.client.AccountSummaries(t.Context(), "main")
	want := []AccountSummary{
		{ID: "1", DisplayName: "A1", Properties: []PropertySummary{{ID: "10", DisplayName: "P"}}},
		{ID: "2", DisplayName: "A2", Properties: []PropertySummary{{ID: "20", DisplayName: "P"}}},
	}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("got %+v, %v", list, err)
	}
}

func TestAccountSummariesEnd(t *testing.T) {
	g := newGoogle(t, func(w http.ResponseWriter, _ request) { _, _ = io.WriteString(w, `{"nextPageToken":"again"}`) })
	if _, err := g.client.AccountSummaries(t.Context(), "main"); err == nil || len(g.seen()) != maxPages {
		t.Errorf("%v after %d pages, want an error after %d", err, len(g.seen()), maxPages)
	}
}

func TestNewRefuses(t *testing.T) {
	good := func() Config {
		return Config{Keyring: &keys{}, Clock: time.Now, Logger: slog.New(slog.DiscardHandler)}
	}
	for name, change := range map[string]func(*Config){
		"no keyring":      func(c *Config) { c.Keyring = nil },
		"no clock":        func(c *Config) { c.Clock = nil },
		"no logger":       func(c *Config) { c.Logger = nil },
		"no host":         func(c *Config) { c.DataURL = "analyticsdata" },
		"another scheme":  func(c *Config) { c.AdminURL = "file:///etc" },
		"query in a root": func(c *Config) { c.AdminURL = "https://x/?a=b" },
	} {
		c := good()
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	c, err := New(good())
	if err != nil || c.data != DefaultDataURL || c.admin != DefaultAdminURL {
		t.Errorf("defaults: %+v, %v", c, err)
	}
}

func TestQueriesThatNameNoProperty(t *testing.T) {
	g := newGoogle(t, oneRow)
	for _, property := range []string{"", "abc", "1/2", "1:runReport?x="} {
		q := question(0)
		q.Property = property
		if _, err := g.client.Report(t.Context(), report.NewQuestion(q, nil)); report.KindOf(err) != report.Internal || len(g.seen()) != 0 {
			t.Errorf("%q: got %v", property, err)
		}
	}
}
