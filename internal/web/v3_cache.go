package web

import (
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
)

// A v3Key is what a v3 query's translation depends on beside its text and the
// configuration of the view.
type v3Key struct {
	view  string
	path  string // responses name it
	today report.Date
}

// A v3Plan is a v3 query, translated.
type v3Plan struct {
	*ua.Plan
	v3Key
	queries []*policy.ParsedQuery
}

// translate returns the query's plan, translating it unless the latest plan has the key.
func (q *cachedQuery) translate(key v3Key, options func() ua.Options) (*v3Plan, error) {
	if latest := q.plan.Load(); latest != nil && latest.v3Key == key {
		return latest, nil
	}
	plan, err := ua.Translate(q.v3, options())
	if err != nil {
		return nil, err
	}
	p := &v3Plan{plan, key, newParsedQueries(plan.Queries(), q.size)}
	q.plan.Store(p)
	return p, nil
}

// answer encodes the response, of at most so many bytes. That of a single report is cached with the report.
func (p *v3Plan) answer(reports []*report.Report, most int) (body, error) {
	encode := func() (*sharedBody, error) {
		answer, err := p.Answer(reports)
		if err != nil {
			return nil, err
		}
		text, err := answer.JSONWithin(most)
		return &sharedBody{plain: text}, err
	}
	if len(reports) != 1 {
		encoded, err := encode()
		if err != nil {
			return body{}, err
		}
		return privateBody(encoded.plain), nil
	}
	cached, err := reports[0].Form(p, func() (any, error) { return encode() })
	if err != nil {
		return body{}, err
	}
	return cached.(*sharedBody).body(), nil
}

// stripToken removes the embed token from a query string. One that is spelled unusually
// stays, and the cached query then serves this token alone.
func stripToken(query string) string {
	isToken := func(p string) bool {
		name, _, _ := strings.Cut(p, "=")
		return slices.Contains(tokenParameters, name)
	}
	parameters := strings.Split(query, "&")
	if !slices.ContainsFunc(parameters, isToken) {
		return query
	}
	return strings.Join(slices.DeleteFunc(parameters, isToken), "&")
}
