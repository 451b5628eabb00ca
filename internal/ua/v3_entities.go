package ua

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

const (
	// accountID is the one account. UA's ids were numbers too; this one reveals nothing.
	accountID = "1"
	// createdAt is when everything was made: the first day that GA4 has data of.
	createdAt = "2015-08-14T00:00:00.000Z"
)

// NewProfile returns how v3 names a view: number is the N of ga:N. All other ids
// derive from it.
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

// An object is a JSON object with its members in order. The entities of the
// Management API have v3's order. Source: the reference of the API, and its
// discovery document.
type object []member

type member struct {
	name  string
	value any
}

// An optional member is left out if it is empty.
type optional string

// MarshalJSON writes the members in order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	for _, m := range o {
		if m.value == optional("") {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.Write(encode(m.name))
		b.WriteByte(':')
		b.Write(encode(m.value))
	}
	return slices.Concat([]byte("{"), b.Bytes(), []byte("}")), nil
}

// link is a parentLink or childLink.
func link(kind, href string) object { return object{{"type", kind}, {"href", href}} }

var mayRead = object{{"effective", []string{"READ_AND_ANALYZE"}}}

// Addresses of accounts, web properties and profiles.
func (m Management) accountLink() string { return m.Base + "/management/accounts/" + accountID }

func (m Management) propertyLink(p Profile) string {
	return m.accountLink() + "/webproperties/" + p.WebPropertyID
}

func (m Management) profileLink(p Profile) string { return m.propertyLink(p) + "/profiles/" + p.ID }

func (m Management) summaries(views []ManagedView) []item {
	var properties []object
	for _, v := range views {
		p := v.Profile
		properties = append(properties, object{
			{"kind", "analytics#webPropertySummary"}, {"id", p.WebPropertyID}, {"name", p.Name}, {"internalWebPropertyId", p.InternalWebPropertyID},
			{"level", "STANDARD"}, {"websiteUrl", optional(m.Website)}, {"starred", false},
			{"profiles", []object{{{"kind", "analytics#profileSummary"}, {"id", p.ID}, {"name", p.Name}, {"type", "WEB"}, {"starred", false}}}},
		})
	}
	return []item{{accountID, object{
		{"id", accountID}, {"kind", "analytics#accountSummary"}, {"name", m.AccountName}, {"starred", false}, {"webProperties", properties},
	}}}
}

func (m Management) accounts([]ManagedView) []item {
	return []item{{accountID, object{
		{"id", accountID}, {"kind", "analytics#account"}, {"selfLink", m.accountLink()}, {"name", m.AccountName}, {"permissions", mayRead},
		{"created", createdAt}, {"updated", createdAt}, {"starred", false},
		{"childLink", link("analytics#webproperties", m.accountLink()+"/webproperties")},
	}}}
}

func (m Management) webProperty(v ManagedView) item {
	p := v.Profile
	return item{p.WebPropertyID, object{
		{"id", p.WebPropertyID}, {"kind", "analytics#webproperty"}, {"selfLink", m.propertyLink(p)}, {"accountId", p.AccountID},
		{"internalWebPropertyId", p.InternalWebPropertyID}, {"name", p.Name}, {"websiteUrl", optional(m.Website)}, {"level", "STANDARD"},
		{"profileCount", 1}, {"industryVertical", "UNSPECIFIED"}, {"defaultProfileId", p.ID}, {"permissions", mayRead},
		{"created", createdAt}, {"updated", createdAt}, {"starred", false},
		{"parentLink", link("analytics#account", m.accountLink())}, {"childLink", link("analytics#profiles", m.propertyLink(p)+"/profiles")},
	}}
}

func (m Management) profile(v ManagedView) item {
	p := v.Profile
	return item{p.ID, object{
		{"id", p.ID}, {"kind", "analytics#profile"}, {"selfLink", m.profileLink(p)}, {"accountId", p.AccountID}, {"webPropertyId", p.WebPropertyID},
		{"internalWebPropertyId", p.InternalWebPropertyID}, {"name", p.Name}, {"currency", optional(v.CurrencyCode)}, {"timezone", optional(v.TimeZone)},
		{"websiteUrl", optional(m.Website)}, {"type", "WEB"}, {"permissions", mayRead}, {"created", createdAt}, {"updated", createdAt},
		{"eCommerceTracking", false}, {"enhancedECommerceTracking", false},
		{"botFilteringEnabled", true}, // GA4 always leaves known bots out
		{"starred", false},
		{"parentLink", link("analytics#webproperty", m.propertyLink(p))}, {"childLink", link("analytics#goals", m.profileLink(p)+"/goals")},
	}}
}

// goals are the key events that a view's configuration numbers.
func (m Management) goals(views []ManagedView) (items []item) {
	for _, v := range views {
		p := v.Profile
		v.numbered("ga:goal%dCompletions", v.Names.Options.Goals, func(n int, event string) {
			id := strconv.Itoa(n)
			conditions := []object{{{"type", "ACTION"}, {"matchType", "EXACT"}, {"expression", event}}}
			items = append(items, item{id, object{
				{"id", id}, {"kind", "analytics#goal"}, {"selfLink", m.profileLink(p) + "/goals/" + id}, {"accountId", p.AccountID},
				{"webPropertyId", p.WebPropertyID}, {"internalWebPropertyId", p.InternalWebPropertyID}, {"profileId", p.ID}, {"name", event},
				{"value", 0}, {"active", true}, {"type", "EVENT"}, {"created", createdAt}, {"updated", createdAt},
				{"parentLink", link("analytics#profile", m.profileLink(p))},
				{"eventDetails", object{{"useEventValue", false}, {"eventConditions", conditions}}},
			}})
		})
	}
	return items
}

func (m Management) customDimensions(views []ManagedView) (items []item) {
	for _, v := range views {
		v.numbered("ga:dimension%d", v.Names.Options.Dimensions, func(n int, field string) {
			items = append(items, m.custom(v.Profile, "customDimension", "ga:dimension", n, field, ""))
		})
	}
	return items
}

func (m Management) customMetrics(views []ManagedView) (items []item) {
	for _, v := range views {
		v.numbered("ga:metric%d", v.Names.Options.Metrics, func(n int, field string) {
			items = append(items, m.custom(v.Profile, "customMetric", "ga:metric", n, field, "INTEGER"))
		})
	}
	return items
}

// custom describes the n-th custom definition of a kind; metrics have a type.
func (m Management) custom(p Profile, kind, prefix string, n int, field, typ string) item {
	id := prefix + strconv.Itoa(n)
	scope, name := definitionScope(field)
	return item{id, object{
		{"kind", "analytics#" + kind}, {"id", id}, {"accountId", p.AccountID}, {"webPropertyId", p.WebPropertyID}, {"name", name}, {"index", n},
		{"scope", scope}, {"active", true}, {"type", optional(typ)}, {"created", createdAt}, {"updated", createdAt},
		{"selfLink", m.propertyLink(p) + "/" + kind + "s/" + id}, {"parentLink", link("analytics#webproperty", m.propertyLink(p))},
	}}
}

// definitionScope returns v3's scope of a GA4 field, and the field's name without the
// prefix that tells it.
func definitionScope(field string) (scope, name string) {
	prefix, rest, _ := strings.Cut(field, ":")
	switch prefix {
	case "customUser":
		return "USER", rest
	case "customItem":
		return "PRODUCT", rest
	case "customEvent":
		return "HIT", rest
	}
	return "HIT", field
}

// segments are those that a filter can express and a view allows: a query for any other fails.
func (m Management) segments(views []ManagedView) (items []item) {
	for _, s := range segments {
		if !slices.ContainsFunc(views, func(v ManagedView) bool { return v.Names.mayName(s.filter) }) {
			continue
		}
		definition := ""
		if s.filter != "" {
			definition = "sessions::condition::" + s.filter
		}
		id := "gaid::" + s.id
		items = append(items, item{id, object{
			{"id", s.id}, {"kind", "analytics#segment"}, {"selfLink", m.Base + "/management/segments/" + id}, {"segmentId", id},
			{"name", s.name}, {"definition", definition}, {"type", "BUILT_IN"}, {"created", createdAt}, {"updated", createdAt},
		}})
	}
	return items
}
