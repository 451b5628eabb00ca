package access

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A Token is a minted embed token, in the JSON shape of RFC 6749 section 5.1.
type Token struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
	TokenType   string `json:"token_type"` // "Bearer"
}

// Public mints a token for an anonymous visitor of the calling page. A page at our
// own origin is the embed page, unless a view lists that origin. Errors are
// those of policy.Rules.PublicClaim and FramedClaim, and Unavailable when
// nothing can be recorded.
func (a *Authority) Public(ctx context.Context, caller Caller, views []string, dashboard string) (Token, error) {
	c, err := a.c.Rules.PublicClaim(caller.Origin, views, dashboard)
	if err != nil && caller.Origin == a.origin && dashboard != "" && len(views) == 0 && report.KindOf(err) == report.Forbidden {
		c, err = a.c.Rules.FramedClaim(caller.Origin, dashboard)
	}
	var s session
	var grant policy.Grant
	if err == nil {
		s, err = a.newSession(c, "", a.c.Sessions.Public)
	}
	if err == nil {
		grant, err = a.c.Rules.Grant(s.Claim)
	}
	if err == nil {
		grant, err = a.revoked.unsuspended(grant)
	}
	if err == nil {
		err = a.recordable()
	}
	if err != nil {
		return Token{}, a.refused(ctx, Event{Origin: report.Truncate(caller.Origin), Requester: caller.Requester, Detail: "a public token"}, err)
	}
	if err := caller.allow(grant.For(caller.Requester).Until(a.expiry(s, a.c.Lifetime))); err != nil {
		return Token{}, err
	}
	return a.issue(ctx, caller, EventMint, s, a.c.Lifetime)
}

// A MintRequest is a host's request for a token. It names at least one view or dashboard.
type MintRequest struct {
	Views      []string             `json:"views,omitempty"`
	Dashboards []MintDashboard      `json:"dashboards,omitempty"`
	Subject    string               `json:"subject,omitempty"`
	Origin     string               `json:"origin,omitempty"`     // binds the token to pages of this origin
	Filter     report.WrittenFilter `json:"filter,omitzero"`      // of every view
	Filters    ViewFilters          `json:"filters,omitempty"`    // by view, in addition to Filter
	ExpiresIn  int                  `json:"expires_in,omitempty"` // seconds, at most the configured lifetime; 0 for that
	Code       bool                 `json:"code,omitempty"`       // requests a single-use code instead, see Redeem
}

// ViewFilters are filters by the name or alias of a view.
type ViewFilters map[string]report.WrittenFilter

// UnmarshalJSON refuses null and {}: what was meant to narrow must not be left out.
func (f *ViewFilters) UnmarshalJSON(b []byte) error {
	err := json.Unmarshal(b, (*map[string]report.WrittenFilter)(f))
	if err == nil && len(*f) == 0 {
		return report.Errorf(report.Invalid, "filters is empty: leave it out, or name the views that it narrows.")
	}
	return err
}

// Bounds of a MintRequest, so that the token fits into a header.
const (
	maxNames   = 100 // views, dashboards, and the views of these
	maxSubject = 200 // bytes
)

// Mint mints a token for a host's backend that shows an API key. Errors:
// Unauthenticated (no such key), Forbidden (not this host's views), Invalid,
// Unavailable (nothing can be recorded, or looked up).
func (a *Authority) Mint(ctx context.Context, apiKey string, caller Caller, req MintRequest) (Token, error) {
	s, err := a.newHostSession(ctx, apiKey, caller, req)
	if err != nil {
		return Token{}, err
	}
	return a.issue(ctx, caller, EventMint, s, a.lifetime(req.ExpiresIn))
}

// newHostSession begins the session that a host's backend requests.
func (a *Authority) newHostSession(ctx context.Context, apiKey string, caller Caller, req MintRequest) (session, error) {
	e := Event{Requester: caller.Requester, Subject: report.Truncate(req.Subject), Detail: "a host's token"}
	h, key, ok := a.hostByAPIKey(apiKey)
	if !ok {
		return session{}, a.refused(ctx, e, badAPIKey())
	}
	e.Host, e.Key = h.Name, key
	c, err := a.claim(h, req)
	var s session
	if err == nil {
		s, err = a.newSession(c, key, a.c.Sessions.Host)
	}
	if err != nil {
		return session{}, a.refused(ctx, e, err)
	}
	return s, nil
}

// claim turns a request into a claim, and refuses what the host may not name.
func (a *Authority) claim(h Host, req MintRequest) (policy.Claim, error) {
	if err := req.validate(); err != nil {
		return policy.Claim{}, err
	}
	if req.Origin != "" && req.Origin != a.origin && !a.c.Rules.ListsOrigin(req.Origin) {
		return policy.Claim{}, report.Errorf(report.Invalid, "No view lists the origin %s, so no page of it could use the token: add it to the origins of the view.", report.Truncate(req.Origin))
	}
	c := policy.Claim{Host: h.Name, Subject: req.Subject, Origin: req.Origin, Filter: req.Filter.Filter}
	var err error
	if c.Views, err = a.claimViews(h, req.Views); err != nil {
		return c, err
	}
	if c.Dashboards, err = a.claimDashboards(h, req.Dashboards); err != nil {
		return c, err
	}
	if c.Filters, err = a.filters(c, req.Filters); err != nil {
		return c, err
	}
	return c, a.c.Rules.CheckClaim(c)
}

// claimViews resolves the views that a token may query freely.
func (a *Authority) claimViews(h Host, asked []string) ([]string, error) {
	if len(asked) > 0 && !h.Questions {
		return nil, report.Errorf(report.Forbidden, "This API key opens dashboards only: leave views out, and name the views of each dashboard.")
	}
	var views []string
	for _, s := range asked {
		name, ok := a.c.Rules.ResolveView(s)
		if !ok || !slices.Contains(h.Views, name) {
			return nil, report.Errorf(report.Forbidden, "This API key does not open a view %q.", report.Truncate(s))
		}
		views = append(views, name)
	}
	return unique(views), nil
}

// filters resolves the views that filters are for. A filter for a view that the token
// does not open is refused: by such a mistake another view could stay unfiltered.
func (a *Authority) filters(c policy.Claim, asked ViewFilters) (map[string]*report.Filter, error) {
	if len(asked) == 0 {
		return nil, nil
	}
	open := c.ViewNames()
	filters := make(map[string]*report.Filter, len(asked))
	for _, s := range slices.Sorted(maps.Keys(asked)) {
		name, ok := a.c.Rules.ResolveView(s)
		if !ok || !slices.Contains(open, name) {
			return nil, report.Errorf(report.Invalid, "filters: %q is no view that the token opens.", report.Truncate(s))
		}
		if filters[name] != nil {
			return nil, report.Errorf(report.Invalid, "filters: %q is the view %s, which has a filter already.", report.Truncate(s), name)
		}
		filters[name] = asked[s].Filter
	}
	return filters, nil
}

func (req MintRequest) validate() error {
	names := len(req.Views) + len(req.Dashboards)
	for _, d := range req.Dashboards {
		names += len(d.Views)
	}
	switch {
	case names == 0:
		return report.Errorf(report.Invalid, "Name at least one view or dashboard.")
	case names > maxNames:
		return report.Errorf(report.Invalid, "Name at most %d views and dashboards, the views of dashboards included.", maxNames)
	case len(req.Subject) > maxSubject:
		return report.Errorf(report.Invalid, "The subject is longer than %d bytes.", maxSubject)
	case req.ExpiresIn < 0:
		return report.Errorf(report.Invalid, "expires_in is a number of seconds, and cannot be negative.")
	case req.Origin != "" && !origin.Is(req.Origin):
		return report.Errorf(report.Invalid, "The origin %q must be written scheme://host or scheme://host:port, in lower case.", report.Truncate(req.Origin))
	}
	if err := policy.CheckTokenFilter(req.Filter.Filter); err != nil {
		return report.Errorf(report.Invalid, "filter: %s", report.AsError(err).Message)
	}
	for view, f := range req.Filters {
		if f.Filter == nil {
			return report.Errorf(report.Invalid, "filters: that of %q is empty.", report.Truncate(view))
		}
		if err := policy.CheckTokenFilter(f.Filter); err != nil {
			return report.Errorf(report.Invalid, "filters: %s: %s", report.Truncate(view), report.AsError(err).Message)
		}
	}
	return nil
}

func (a *Authority) lifetime(seconds int) time.Duration {
	if seconds == 0 || seconds > int(a.c.Lifetime/time.Second) {
		return a.c.Lifetime
	}
	return time.Duration(seconds) * time.Second
}
