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
	k := quotaKeyOf(q)
	return single(ctx, g, newJob(ctx, q, report.Rank{}), &call{
		key: k, method: "getMetadata", verb: http.MethodGet, breaker: g.breakers.of(k),
		url: g.data + "/v1beta/properties/" + property + "/metadata?prettyPrint=false",
	}, decodeFields)
}

// single does a call in a slot of its property's queue, as a job that shares no request.
func single[T any](ctx context.Context, g *Client, j *job, c *call, decode func([]byte) (T, error)) (result T, _ error) {
	j.thresholded = false // that is counted for reports
	if err := g.check(j); err != nil {
		return result, err
	}
	var decoded T
	c.class = j.rank.Class
	c.decode = func(body []byte) (err error) {
		decoded, err = decode(body)
		return err
	}
	j.run = func(ctx context.Context) { j.done <- answer{nil, g.do(ctx, c)} }
	g.queues.add(j, g.start)
	if _, err := j.wait(); err != nil {
		return result, err // decode may still run
	}
	return decoded, nil
}

// Compatibility asks checkCompatibility.
func (g *Client) Compatibility(ctx context.Context, asked report.CompatibilityCheck) (*report.Compatibility, error) {
	c, err := g.dataCall(quotaKeyOf(asked.Query), "checkCompatibility", compatibilityRequest{asked.Query, asked.Filter})
	if err != nil {
		return nil, err
	}
	return single(ctx, g, newJob(ctx, asked.Query, asked.Rank), c, func(body []byte) (*report.Compatibility, error) {
		found := new(report.Compatibility)
		return found, json.Unmarshal(body, found)
	})
}

type compatibilityRequest struct {
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
// only the Data API, and shows as well whether reports can be read.
func (g *Client) Property(ctx context.Context, account, property string) (report.Property, error) {
	q := report.Query{
		Account: account, Property: property, Limit: 1,
		Metrics:    []report.Metric{{Name: "activeUsers"}},
		DateRanges: []report.DateRange{{StartDate: "yesterday", EndDate: "yesterday"}},
	}
	c, err := g.dataCall(quotaKeyOf(q), "runReport", reportRequest{q, true})
	if err != nil {
		return report.Property{}, err
	}
	return single(ctx, g, newJob(ctx, q, report.Rank{}), c, c.decodeProperty)
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
	c.addQuota(w.PropertyQuota)
	zone, err := time.LoadLocation(w.Metadata.TimeZone)
	if err != nil || w.Metadata.TimeZone == "" {
		return report.Property{}, fmt.Errorf("the time zone %q is not known", w.Metadata.TimeZone)
	}
	return report.Property{ID: c.key.property, TimeZone: zone, CurrencyCode: w.Metadata.CurrencyCode}, nil
}

// An AccountSummary is a Google Analytics account (not one of the configuration) with
// those of its properties that can be read.
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

// AccountSummaries asks the Admin API what an account can read, for operators.
func (g *Client) AccountSummaries(ctx context.Context, account string) ([]AccountSummary, error) {
	var all []AccountSummary
	page := url.Values{"pageSize": {"200"}}
	for range maxPages {
		var w summariesResponse
		c := &call{
			key: quotaKey{account: account}, method: "accountSummaries.list", verb: http.MethodGet,
			url:    g.admin + "/v1beta/accountSummaries?" + page.Encode(),
			decode: func(body []byte) error { return json.Unmarshal(body, &w) },
		}
		if err := g.do(ctx, c); err != nil {
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

type summariesResponse struct {
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

func (w summariesResponse) summaries() []AccountSummary {
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
