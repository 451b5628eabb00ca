package ua

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

// All is the id that stands for every account, web property or profile.
const All = "~all"

// Management answers the Management API v3 about views. Universal Analytics had
// accounts of web properties of profiles; here every view is a web property with
// one profile, and all are in one account.
type Management struct {
	// Base is the address of the API without a slash at its end:
	// https://host/analytics/v3. Required.
	Base string
	// AccountName names the account, and its user. Required.
	AccountName string
	// Website is given as the address of every web property's site.
	Website string
	Views   []ManagedView
}

// A ManagedView is a view as the Management API describes it.
type ManagedView struct {
	Profile      Profile // as NewProfile made it
	TimeZone     string  // IANA name; empty when unknown
	CurrencyCode string
	// Names are those of goals, custom dimensions, custom metrics and segments that may be listed.
	Names ViewNames
}

// A ManagementPath is a path of the Management API: a collection in a profile, a web
// property or an account, each of which may be All, and an item, empty for the list.
type ManagementPath struct {
	Account, WebProperty, Profile string
	Collection                    string
	Item                          string
}

// level returns how deep the collection is: 0 at the top, 3 in a profile.
func (p ManagementPath) level() int {
	switch {
	case p.Profile != "":
		return 3
	case p.WebProperty != "":
		return 2
	case p.Account != "":
		return 1
	}
	return 0
}

// A collection is a kind of entity of the Management API.
type collection struct {
	kind   string
	levels []int // see ManagementPath.level
	// items returns the entities of the views; nil for a kind that GA4 does not have,
	// whose lists are empty.
	items func(Management, []ManagedView) []item
	// single is set if an item has an address of its own.
	single bool
	// members are those of an item, of which Oriel leaves some out. Source: the
	// discovery document of analytics:v3.
	members report.Mask
	// withheld is set if Oriel denies it: v3 showed it to administrators only.
	withheld bool
}

// collections are the collections of the Management API by their name in a path.
var collections = map[string]collection{
	"accountSummaries": {kind: "accountSummaries", levels: []int{0}, items: Management.summaries,
		members: report.MustMask("id,kind,name,starred," +
			"webProperties(id,kind,name,internalWebPropertyId,level,websiteUrl,starred,profiles(id,kind,name,type,starred))")},
	"accounts": {kind: "accounts", levels: []int{0}, items: Management.accounts, single: true,
		members: report.MustMask(commonMembers + "permissions/effective,starred,childLink(type,href)")},
	"segments": {kind: "segments", levels: []int{0}, items: Management.segments, single: true,
		members: report.MustMask(commonMembers + "segmentId,definition,type")},
	"webproperties": {kind: "webproperties", levels: []int{1}, items: each(Management.webProperty), single: true,
		members: report.MustMask(commonMembers + "accountId,internalWebPropertyId,websiteUrl,level,profileCount,industryVertical,defaultProfileId," +
			"dataRetentionTtl,dataRetentionResetOnNewActivity,permissions/effective,starred,parentLink(type,href),childLink(type,href)")},
	"profiles": {kind: "profiles", levels: []int{2}, items: each(Management.profile), single: true,
		members: report.MustMask(commonMembers + "accountId,webPropertyId,internalWebPropertyId,currency,timezone,websiteUrl,defaultPage," +
			"excludeQueryParameters,siteSearchQueryParameters,stripSiteSearchQueryParameters,siteSearchCategoryParameters," +
			"stripSiteSearchCategoryParameters,type,permissions/effective,eCommerceTracking,enhancedECommerceTracking,botFilteringEnabled,starred," +
			"parentLink(type,href),childLink(type,href)")},
	"customDimensions": {kind: "customDimensions", levels: []int{2}, items: Management.customDimensions, single: true,
		members: report.MustMask(commonMembers + "accountId,webPropertyId,index,scope,active,parentLink(type,href)")},
	"customMetrics": {kind: "customMetrics", levels: []int{2}, items: Management.customMetrics, single: true,
		members: report.MustMask(commonMembers + "accountId,webPropertyId,index,scope,active,type,min_value,max_value,parentLink(type,href)")},
	"customDataSources": {kind: "customDataSources", levels: []int{2}, members: report.MustMask("*")},
	"goals": {kind: "goals", levels: []int{3}, items: Management.goals, single: true,
		members: report.MustMask(commonMembers + "accountId,webPropertyId,internalWebPropertyId,profileId,value,active,type,parentLink(type,href)," +
			"urlDestinationDetails/*,visitTimeOnSiteDetails/*,visitNumPagesDetails/*,eventDetails/*")},
	"experiments":          {kind: "experiments", levels: []int{3}, single: true, members: report.MustMask("*")},
	"unsampledReports":     {kind: "unsampledReports", levels: []int{3}, single: true, members: report.MustMask("*")},
	"filters":              {levels: []int{1}, withheld: true},
	"entityUserLinks":      {levels: []int{1, 2, 3}, withheld: true},
	"entityAdWordsLinks":   {levels: []int{2}, withheld: true},
	"remarketingAudiences": {levels: []int{2}, withheld: true},
	"profileFilterLinks":   {levels: []int{3}, withheld: true},
}

// commonMembers are those of nearly all items.
const commonMembers = "id,kind,selfLink,name,created,updated,"

// list returns the members of a page of the collection.
func (c collection) list() report.Mask {
	m := report.MustMask("kind,username,totalResults,startIndex,itemsPerPage,previousLink,nextLink")
	m["items"] = c.members
	return m
}

// Answer returns the JSON of a list or of an item. Errors are *Error, and for an entity
// outside the views the same whether or not it exists.
func (m Management) Answer(at ManagementPath, q ListQuery) ([]byte, error) {
	c, ok := collections[at.Collection]
	if !ok || !slices.Contains(c.levels, at.level()) {
		return nil, NoSuchMethod()
	}
	views, err := m.at(at)
	switch {
	case err != nil:
		return nil, err
	case c.withheld:
		return nil, denied("User does not have sufficient permissions: %s are not told here.", at.Collection)
	}
	var items []item
	if c.items != nil {
		items = c.items(m, views)
	}
	if at.Item != "" {
		return c.one(at, items, q)
	}
	if err := q.format.check(c.list()); err != nil {
		return nil, err
	}
	return q.format.render(q.page("analytics#"+c.kind, m.AccountName, m.self(at), items)), nil
}

// one returns the JSON of one of the items.
func (c collection) one(at ManagementPath, items []item, q ListQuery) ([]byte, error) {
	if !c.single {
		return nil, NoSuchMethod()
	}
	if err := q.format.check(c.members); err != nil {
		return nil, err
	}
	for _, i := range items {
		if i.id == at.Item {
			return q.format.render(i.value), nil
		}
	}
	switch at.Collection {
	case "accounts":
		return nil, noPermission("account")
	case "webproperties":
		return nil, noPermission("web property")
	case "profiles":
		return nil, noPermission("profile")
	}
	return nil, notFound("Not found: %s %s.", strings.TrimSuffix(at.Collection, "s"), report.Truncate(at.Item))
}

// at returns the views that a path is about.
func (m Management) at(p ManagementPath) ([]ManagedView, error) {
	if len(m.Views) == 0 {
		return nil, denied("User does not have any Google Analytics account.")
	}
	is := func(requested, id string) bool { return requested == "" || requested == All || requested == id }
	if !is(p.Account, accountID) {
		return nil, noPermission("account")
	}
	views := slices.DeleteFunc(slices.Clone(m.Views), func(v ManagedView) bool { return !is(p.WebProperty, v.Profile.WebPropertyID) })
	if len(views) == 0 {
		return nil, noPermission("web property")
	}
	views = slices.DeleteFunc(views, func(v ManagedView) bool { return !is(p.Profile, v.Profile.ID) })
	if len(views) == 0 {
		return nil, noPermission("profile")
	}
	return views, nil
}

// self returns the address of a list.
func (m Management) self(p ManagementPath) string {
	link := m.Base + "/management"
	for _, step := range []struct{ collection, id string }{{"accounts", p.Account}, {"webproperties", p.WebProperty}, {"profiles", p.Profile}} {
		if step.id != "" {
			link += "/" + step.collection + "/" + step.id
		}
	}
	return link + "/" + p.Collection
}

// each makes one item per view.
func each(of func(Management, ManagedView) item) func(Management, []ManagedView) []item {
	return func(m Management, views []ManagedView) (items []item) {
		for _, v := range views {
			items = append(items, of(m, v))
		}
		return items
	}
}

// numbered calls add for each entry of a configuration that the client may use under the name
// in a pattern, in the order of numbers.
func (v ManagedView) numbered(pattern string, fields map[int]string, add func(n int, field string)) {
	for _, n := range slices.Sorted(maps.Keys(fields)) {
		if v.Names.mayName(fmt.Sprintf(pattern, n)) {
			add(n, fields[n])
		}
	}
}

func denied(format string, args ...any) *Error {
	return &Error{Code: http.StatusForbidden, Domain: "global", Reason: "insufficientPermissions", Message: fmt.Sprintf(format, args...)}
}

func noPermission(what string) *Error {
	return denied("User does not have sufficient permissions for this %s.", what)
}

func notFound(format string, args ...any) *Error {
	return &Error{Code: http.StatusNotFound, Domain: "global", Reason: "notFound", Message: fmt.Sprintf(format, args...)}
}

// NoSuchMethod is the error for an address that v3 or Oriel does not have.
func NoSuchMethod() *Error {
	return notFound("Not Found: docs/http-api.md of Oriel lists the methods of v3 that are served.")
}

// ReadOnly is the error for methods that change something.
func ReadOnly() *Error {
	return denied("Insufficient Permission: embed tokens read, and change nothing.")
}
