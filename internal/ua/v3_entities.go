package ua

import (
	"strconv"
	"strings"
)

// Members of what the Management API lists are in v3's order. Source: the
// reference of the API, and its discovery document.

const (
	// accountID is the one account. UA's ids were numbers too; this one says nothing.
	accountID = "1"
	// since is when everything was made: the first day that GA4 has data of.
	since = "2015-08-14T00:00:00.000Z"
)

// NewProfile returns how v3 names a view: number is the N of ga:N. The ids around
// it are made of it alone.
func NewProfile(number, name string) Profile {
	return Profile{ID: number, AccountID: accountID, WebPropertyID: "UA-" + number + "-1", InternalWebPropertyID: number, Name: name}
}

// ProfileIn returns the profile of a web property that NewProfile named; empty
// for other ids.
func ProfileIn(webPropertyID string) string {
	number, ok := strings.CutPrefix(strings.TrimSuffix(webPropertyID, "-1"), "UA-")
	if !ok || webPropertyID != NewProfile(number, "").WebPropertyID {
		return ""
	}
	return number
}

type link struct {
	Type string `json:"type"`
	Href string `json:"href"`
}

type permissions struct {
	Effective []string `json:"effective"`
}

var mayRead = permissions{[]string{"READ_AND_ANALYZE"}}

// Addresses of accounts, web properties and profiles.
func (m Management) account() string { return m.Base + "/management/accounts/" + accountID }

func (m Management) property(p Profile) string {
	return m.account() + "/webproperties/" + p.WebPropertyID
}

func (m Management) profileLink(p Profile) string { return m.property(p) + "/profiles/" + p.ID }

type accountSummary struct {
	ID            string            `json:"id"`
	Kind          string            `json:"kind"`
	Name          string            `json:"name"`
	Starred       bool              `json:"starred"`
	WebProperties []propertySummary `json:"webProperties"`
}

type propertySummary struct {
	Kind                  string           `json:"kind"`
	ID                    string           `json:"id"`
	Name                  string           `json:"name"`
	InternalWebPropertyID string           `json:"internalWebPropertyId"`
	Level                 string           `json:"level"`
	WebsiteURL            string           `json:"websiteUrl,omitempty"`
	Starred               bool             `json:"starred"`
	Profiles              []profileSummary `json:"profiles"`
}

type profileSummary struct {
	Kind    string `json:"kind"`
	ID      string `json:"id"`
	Name    string `json:"name"`
	Type    string `json:"type"`
	Starred bool   `json:"starred"`
}

func (m Management) summaries(views []ManagedView) []item {
	account := accountSummary{ID: accountID, Kind: "analytics#accountSummary", Name: m.AccountName}
	for _, v := range views {
		p := v.Profile
		account.WebProperties = append(account.WebProperties, propertySummary{
			Kind: "analytics#webPropertySummary", ID: p.WebPropertyID, Name: p.Name, InternalWebPropertyID: p.InternalWebPropertyID,
			Level: "STANDARD", WebsiteURL: m.Website,
			Profiles: []profileSummary{{Kind: "analytics#profileSummary", ID: p.ID, Name: p.Name, Type: "WEB"}},
		})
	}
	return []item{{accountID, account}}
}

type account struct {
	ID          string      `json:"id"`
	Kind        string      `json:"kind"`
	SelfLink    string      `json:"selfLink"`
	Name        string      `json:"name"`
	Permissions permissions `json:"permissions"`
	Created     string      `json:"created"`
	Updated     string      `json:"updated"`
	Starred     bool        `json:"starred"`
	ChildLink   link        `json:"childLink"`
}

func (m Management) accounts([]ManagedView) []item {
	return []item{{accountID, account{
		ID: accountID, Kind: "analytics#account", SelfLink: m.account(), Name: m.AccountName, Permissions: mayRead, Created: since, Updated: since,
		ChildLink: link{"analytics#webproperties", m.account() + "/webproperties"},
	}}}
}

type webProperty struct {
	ID                    string      `json:"id"`
	Kind                  string      `json:"kind"`
	SelfLink              string      `json:"selfLink"`
	AccountID             string      `json:"accountId"`
	InternalWebPropertyID string      `json:"internalWebPropertyId"`
	Name                  string      `json:"name"`
	WebsiteURL            string      `json:"websiteUrl,omitempty"`
	Level                 string      `json:"level"`
	ProfileCount          int         `json:"profileCount"`
	IndustryVertical      string      `json:"industryVertical"`
	DefaultProfileID      string      `json:"defaultProfileId"`
	Permissions           permissions `json:"permissions"`
	Created               string      `json:"created"`
	Updated               string      `json:"updated"`
	Starred               bool        `json:"starred"`
	ParentLink            link        `json:"parentLink"`
	ChildLink             link        `json:"childLink"`
}

func (m Management) webProperty(v ManagedView) item {
	p := v.Profile
	return item{p.WebPropertyID, webProperty{
		ID: p.WebPropertyID, Kind: "analytics#webproperty", SelfLink: m.property(p), AccountID: p.AccountID, InternalWebPropertyID: p.InternalWebPropertyID,
		Name: p.Name, WebsiteURL: m.Website, Level: "STANDARD", ProfileCount: 1, IndustryVertical: "UNSPECIFIED", DefaultProfileID: p.ID,
		Permissions: mayRead, Created: since, Updated: since,
		ParentLink: link{"analytics#account", m.account()}, ChildLink: link{"analytics#profiles", m.property(p) + "/profiles"},
	}}
}

type profile struct {
	ID                        string      `json:"id"`
	Kind                      string      `json:"kind"`
	SelfLink                  string      `json:"selfLink"`
	AccountID                 string      `json:"accountId"`
	WebPropertyID             string      `json:"webPropertyId"`
	InternalWebPropertyID     string      `json:"internalWebPropertyId"`
	Name                      string      `json:"name"`
	Currency                  string      `json:"currency,omitempty"`
	Timezone                  string      `json:"timezone,omitempty"`
	WebsiteURL                string      `json:"websiteUrl,omitempty"`
	Type                      string      `json:"type"`
	Permissions               permissions `json:"permissions"`
	Created                   string      `json:"created"`
	Updated                   string      `json:"updated"`
	ECommerceTracking         bool        `json:"eCommerceTracking"`
	EnhancedECommerceTracking bool        `json:"enhancedECommerceTracking"`
	BotFilteringEnabled       bool        `json:"botFilteringEnabled"`
	Starred                   bool        `json:"starred"`
	ParentLink                link        `json:"parentLink"`
	ChildLink                 link        `json:"childLink"`
}

func (m Management) profile(v ManagedView) item {
	p := v.Profile
	return item{p.ID, profile{
		ID: p.ID, Kind: "analytics#profile", SelfLink: m.profileLink(p), AccountID: p.AccountID, WebPropertyID: p.WebPropertyID,
		InternalWebPropertyID: p.InternalWebPropertyID, Name: p.Name, Currency: v.CurrencyCode, Timezone: v.TimeZone, WebsiteURL: m.Website,
		Type: "WEB", Permissions: mayRead, Created: since, Updated: since,
		BotFilteringEnabled: true, // GA4 refs known bots out, always
		ParentLink:          link{"analytics#webproperty", m.property(p)}, ChildLink: link{"analytics#goals", m.profileLink(p) + "/goals"},
	}}
}

type goal struct {
	ID                    string       `json:"id"`
	Kind                  string       `json:"kind"`
	SelfLink              string       `json:"selfLink"`
	AccountID             string       `json:"accountId"`
	WebPropertyID         string       `json:"webPropertyId"`
	InternalWebPropertyID string       `json:"internalWebPropertyId"`
	ProfileID             string       `json:"profileId"`
	Name                  string       `json:"name"`
	Value                 float64      `json:"value"`
	Active                bool         `json:"active"`
	Type                  string       `json:"type"`
	Created               string       `json:"created"`
	Updated               string       `json:"updated"`
	ParentLink            link         `json:"parentLink"`
	EventDetails          eventDetails `json:"eventDetails"`
}

type eventDetails struct {
	UseEventValue   bool             `json:"useEventValue"`
	EventConditions []eventCondition `json:"eventConditions"`
}

type eventCondition struct {
	Type       string `json:"type"`
	MatchType  string `json:"matchType"`
	Expression string `json:"expression"`
}

// goals are the key events that a view's configuration numbers.
func (m Management) goals(views []ManagedView) (items []item) {
	for _, v := range views {
		p := v.Profile
		numbered(v.Options.Goals, func(n int, event string) {
			id := strconv.Itoa(n)
			items = append(items, item{id, goal{
				ID: id, Kind: "analytics#goal", SelfLink: m.profileLink(p) + "/goals/" + id, AccountID: p.AccountID, WebPropertyID: p.WebPropertyID,
				InternalWebPropertyID: p.InternalWebPropertyID, ProfileID: p.ID, Name: event, Active: true, Type: "EVENT", Created: since, Updated: since,
				ParentLink:   link{"analytics#profile", m.profileLink(p)},
				EventDetails: eventDetails{EventConditions: []eventCondition{{"ACTION", "EXACT", event}}},
			}})
		})
	}
	return items
}

// customDefinition is a custom dimension or metric.
type customDefinition struct {
	Kind          string `json:"kind"`
	ID            string `json:"id"`
	AccountID     string `json:"accountId"`
	WebPropertyID string `json:"webPropertyId"`
	Name          string `json:"name"`
	Index         int    `json:"index"`
	Scope         string `json:"scope"`
	Active        bool   `json:"active"`
	Type          string `json:"type,omitempty"` // of a metric
	Created       string `json:"created"`
	Updated       string `json:"updated"`
	SelfLink      string `json:"selfLink"`
	ParentLink    link   `json:"parentLink"`
}

func (m Management) customDimensions(views []ManagedView) (items []item) {
	for _, v := range views {
		numbered(v.Options.Dimensions, func(n int, field string) {
			items = append(items, m.custom(v.Profile, "customDimension", "ga:dimension", n, field, ""))
		})
	}
	return items
}

func (m Management) customMetrics(views []ManagedView) (items []item) {
	for _, v := range views {
		numbered(v.Options.Metrics, func(n int, field string) {
			items = append(items, m.custom(v.Profile, "customMetric", "ga:metric", n, field, "INTEGER"))
		})
	}
	return items
}

// custom describes the n-th custom definition of a kind.
func (m Management) custom(p Profile, kind, prefix string, n int, field, typ string) item {
	id := prefix + strconv.Itoa(n)
	scope, name := definitionScope(field)
	return item{id, customDefinition{
		Kind: "analytics#" + kind, ID: id, AccountID: p.AccountID, WebPropertyID: p.WebPropertyID, Name: name, Index: n, Scope: scope, Active: true,
		Type: typ, Created: since, Updated: since, SelfLink: m.property(p) + "/" + kind + "s/" + id,
		ParentLink: link{"analytics#webproperty", m.property(p)},
	}}
}

// definitionScope returns v3's scope of a GA4 field, and the field's name without what
// says so.
func definitionScope(field string) (scope, name string) {
	prefix, rest, custom := strings.Cut(field, ":")
	switch {
	case custom && prefix == "customUser":
		return "USER", rest
	case custom && prefix == "customItem":
		return "PRODUCT", rest
	case custom && prefix == "customEvent":
		return "HIT", rest
	}
	return "HIT", field
}

type segment struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	SelfLink   string `json:"selfLink"`
	SegmentID  string `json:"segmentId"`
	Name       string `json:"name"`
	Definition string `json:"definition"`
	Type       string `json:"type"`
	Created    string `json:"created"`
	Updated    string `json:"updated"`
}

// segments are those that a filter can say: the others would be errors.
func (m Management) segments([]ManagedView) (items []item) {
	for _, s := range segments {
		definition := ""
		if s.filter != "" {
			definition = "sessions::condition::" + s.filter
		}
		id := "gaid::" + s.id
		items = append(items, item{id, segment{
			ID: s.id, Kind: "analytics#segment", SelfLink: m.Base + "/management/segments/" + id, SegmentID: id,
			Name: s.name, Definition: definition, Type: "BUILT_IN", Created: since, Updated: since,
		}})
	}
	return items
}
