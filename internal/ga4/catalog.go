package ga4

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/report"
)

// Fields asks getMetadata.
func (g *Client) Fields(ctx context.Context, account, property string) (*report.Fields, error) {
	q := report.Query{Account: account, Property: property}
	if err := g.admissible(q); err != nil {
		return nil, err
	}
	c := &call{
		subject: subjectOf(q), method: "getMetadata", verb: http.MethodGet, guarded: true,
		url: g.data + "/v1beta/properties/" + property + "/metadata?prettyPrint=false",
	}
	type outcome struct {
		body []byte
		err  *report.Error
	}
	done := make(chan outcome, 1)
	j := &job{ctx: ctx, query: q, other: func(ctx context.Context) {
		body, err := g.do(ctx, c)
		done <- outcome{body, err}
	}}
	if err := g.lanes.add(property, j, g.run); err != nil {
		return nil, err
	}
	select {
	case o := <-done:
		if o.err != nil {
			return nil, o.err
		}
		return decodeFields(c, o.body)
	case <-ctx.Done():
		return nil, report.AsError(ctx.Err())
	}
}

func decodeFields(c *call, body []byte) (*report.Fields, error) {
	var f struct {
		Name string `json:"name"`
		report.Fields
	}
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, notUnderstood(c, err)
	}
	if f.Name == "" && len(f.Dimensions) == 0 && len(f.Metrics) == 0 {
		return nil, notUnderstood(c, errors.New("neither a name nor fields"))
	}
	return &f.Fields, nil
}

// Property asks the Admin API. Where that refuses (many projects have only the
// Data API enabled), the smallest report tells time zone and currency as well.
func (g *Client) Property(ctx context.Context, account, property string) (report.Property, error) {
	p, err := g.adminProperty(ctx, account, property)
	if err == nil {
		return p, nil
	}
	if err.Kind != report.Misconfigured || !digits(property) {
		return report.Property{}, err
	}
	p, second := g.reportedProperty(ctx, account, property)
	if second != nil {
		return report.Property{}, second
	}
	g.config.Logger.Info("the Admin API refused; time zone and currency were read from a report", "cause", err)
	return p, nil
}

func (g *Client) adminProperty(ctx context.Context, account, property string) (report.Property, *report.Error) {
	var w struct {
		DisplayName  string `json:"displayName"`
		TimeZone     string `json:"timeZone"`
		CurrencyCode string `json:"currencyCode"`
	}
	c := g.adminCall(account, "properties.get", "/v1beta/properties/"+url.PathEscape(property), nil)
	c.subject.property = property
	if err := g.ask(ctx, c, &w); err != nil {
		return report.Property{}, err
	}
	return newProperty(c, property, w.DisplayName, w.TimeZone, w.CurrencyCode)
}

func newProperty(c *call, id, title, zone, currency string) (report.Property, *report.Error) {
	loc, err := time.LoadLocation(zone)
	if err != nil || zone == "" {
		return report.Property{}, notUnderstood(c, fmt.Errorf("the time zone %q is not known", zone))
	}
	return report.Property{ID: id, DisplayName: title, TimeZone: loc, CurrencyCode: currency}, nil
}

func (g *Client) reportedProperty(ctx context.Context, account, property string) (report.Property, error) {
	r, err := g.Report(ctx, report.Query{
		Account: account, Property: property, Limit: 1,
		Metrics:    []report.Metric{{Name: "activeUsers"}},
		DateRanges: []report.DateRange{{StartDate: "yesterday", EndDate: "yesterday"}},
	})
	if err != nil {
		return report.Property{}, err
	}
	c := &call{method: "runReport", subject: subject{account, property, core}}
	var w wireReport
	if err := json.Unmarshal(r.Body, &w); err != nil {
		return report.Property{}, notUnderstood(c, err)
	}
	if w.Metadata == nil {
		return report.Property{}, notUnderstood(c, errors.New("a report without metadata tells no time zone"))
	}
	p, failure := newProperty(c, property, "", w.Metadata.TimeZone, w.Metadata.CurrencyCode)
	if failure != nil {
		return report.Property{}, failure
	}
	return p, nil
}

// An AccountSummary is a Google Analytics account (not one of ours) with the
// properties of it that can be read.
type AccountSummary struct {
	ID          string
	DisplayName string
	Properties  []PropertySummary
}

// A PropertySummary is a property that can be read.
type PropertySummary struct {
	ID          string // digits
	DisplayName string
}

// maxPages bounds the pages of account summaries, 200 accounts each.
const maxPages = 100

// AccountSummaries asks the Admin API what an account can read: for operators.
func (g *Client) AccountSummaries(ctx context.Context, account string) ([]AccountSummary, error) {
	var all []AccountSummary
	page := url.Values{"pageSize": {"200"}}
	for range maxPages {
		var w wireSummaries
		c := g.adminCall(account, "accountSummaries.list", "/v1beta/accountSummaries", page)
		if err := g.ask(ctx, c, &w); err != nil {
			return nil, err
		}
		all = append(all, w.summaries()...)
		if w.NextPageToken == "" {
			return all, nil
		}
		page.Set("pageToken", w.NextPageToken)
	}
	return nil, report.Errorf(report.Internal, unreadable).
		Because(fmt.Errorf("the account %q can read more than %d pages of accounts", account, maxPages))
}

type wireSummaries struct {
	AccountSummaries []struct {
		Account           string `json:"account"`
		DisplayName       string `json:"displayName"`
		PropertySummaries []struct {
			Property    string `json:"property"`
			DisplayName string `json:"displayName"`
		} `json:"propertySummaries"`
	} `json:"accountSummaries"`
	NextPageToken string `json:"nextPageToken"`
}

func (w wireSummaries) summaries() []AccountSummary {
	list := make([]AccountSummary, len(w.AccountSummaries))
	for i, a := range w.AccountSummaries {
		list[i] = AccountSummary{ID: strings.TrimPrefix(a.Account, "accounts/"), DisplayName: a.DisplayName}
		for _, p := range a.PropertySummaries {
			list[i].Properties = append(list[i].Properties,
				PropertySummary{ID: strings.TrimPrefix(p.Property, "properties/"), DisplayName: p.DisplayName})
		}
	}
	return list
}

func (g *Client) adminCall(account, method, path string, query url.Values) *call {
	c := &call{subject: subject{account: account}, method: method, verb: http.MethodGet, url: g.admin + path}
	if len(query) > 0 {
		c.url += "?" + query.Encode()
	}
	return c
}

// ask does a call and decodes its answer.
func (g *Client) ask(ctx context.Context, c *call, into any) *report.Error {
	body, err := g.do(ctx, c)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return notUnderstood(c, err)
	}
	return nil
}
