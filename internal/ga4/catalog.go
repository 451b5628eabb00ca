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
	c := &call{
		subject: subjectOf(q), method: "getMetadata", verb: http.MethodGet, guarded: true,
		url: g.data + "/v1beta/properties/" + property + "/metadata?prettyPrint=false",
	}
	var fields *report.Fields
	c.understand = func(body []byte) (err error) {
		fields, err = decodeFields(body)
		return err
	}
	if err := g.single(ctx, q, c); err != nil {
		return nil, err
	}
	return fields, nil
}

// single does a call about q's property in a place of the property's lane, like a
// question that no other may join.
func (g *Client) single(ctx context.Context, q report.Query, c *call) *report.Error {
	if err := g.admissible(q, report.Unseen); err != nil {
		return err
	}
	done := make(chan *report.Error, 1)
	j := &job{ctx: ctx, query: q, other: func(ctx context.Context) { done <- g.do(ctx, c) }}
	if err := g.lanes.add(q.Property, j, g.run); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return report.AsError(ctx.Err())
	}
}

// Compatibility asks checkCompatibility.
func (g *Client) Compatibility(ctx context.Context, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	q := asked.Query
	c, err := g.dataCall(subjectOf(q), "checkCompatibility", wireCompatibility{q, asked.Filter})
	if err != nil {
		return nil, err
	}
	found := new(report.Compatibility)
	c.understand = func(body []byte) error { return json.Unmarshal(body, found) }
	if err := g.single(ctx, q, c); err != nil {
		return nil, err
	}
	return found, nil
}

type wireCompatibility struct {
	report.Query
	CompatibilityFilter string `json:"compatibilityFilter,omitempty"`
}

func decodeFields(body []byte) (*report.Fields, error) {
	var f struct {
		Name string `json:"name"`
		report.Fields
	}
	if err := json.Unmarshal(body, &f); err != nil {
		return nil, err
	}
	if f.Name == "" && len(f.Dimensions) == 0 && len(f.Metrics) == 0 {
		return nil, errors.New("neither a name nor fields")
	}
	return &f.Fields, nil
}

// Property reads time zone and currency from the smallest report there is: that needs
// the Data API alone, and finds out as well whether reports are given.
func (g *Client) Property(ctx context.Context, account, property string) (report.Property, error) {
	q := report.Query{
		Account: account, Property: property, Limit: 1,
		Metrics:    []report.Metric{{Name: "activeUsers"}},
		DateRanges: []report.DateRange{{StartDate: "yesterday", EndDate: "yesterday"}},
	}
	c, err := g.dataCall(subjectOf(q), "runReport", wireRequest{q, true})
	if err != nil {
		return report.Property{}, err
	}
	var found report.Property
	c.understand = func(body []byte) (err error) {
		found, err = c.decodeProperty(body)
		return err
	}
	if err := g.single(ctx, q, c); err != nil {
		return report.Property{}, err
	}
	return found, nil
}

// decodeProperty reads the metadata of a report, whatever else is or is not in it.
func (c *call) decodeProperty(body []byte) (report.Property, error) {
	var w struct {
		Metadata struct {
			TimeZone     string `json:"timeZone"`
			CurrencyCode string `json:"currencyCode"`
		} `json:"metadata"`
		PropertyQuota *Buckets `json:"propertyQuota"`
	}
	if err := json.Unmarshal(body, &w); err != nil {
		return report.Property{}, err
	}
	c.note(w.PropertyQuota)
	zone, err := time.LoadLocation(w.Metadata.TimeZone)
	if err != nil || w.Metadata.TimeZone == "" {
		return report.Property{}, fmt.Errorf("the time zone %q is not known", w.Metadata.TimeZone)
	}
	return report.Property{ID: c.subject.property, TimeZone: zone, CurrencyCode: w.Metadata.CurrencyCode}, nil
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
	c.understand = func(body []byte) error { return json.Unmarshal(body, into) }
	return g.do(ctx, c)
}
