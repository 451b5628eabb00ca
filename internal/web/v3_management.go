package web

import (
	"net/http"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/ua"
)

// v3Lists are the routes of the Management and the Metadata API v3 under a prefix, and of
// everything else there, so that all errors have the form of v3.
func (s *Server) v3Lists(prefix string) []route {
	managed, property := prefix+"/management", prefix+"/management/accounts/{account}/webproperties/{property}"
	list := s.v3About(aboutManaged, readOnly(s.managementList))
	return []route{
		{anyMethod, managed + "/{collection}", true, list},
		{anyMethod, managed + "/{collection}/{item}", true, list},
		{anyMethod, managed + "/accounts/{account}/{collection}", true, list},
		{anyMethod, property, true, list},
		{anyMethod, property + "/{collection}", true, list},
		{anyMethod, property + "/{collection}/{item}", true, list},
		{anyMethod, property + "/profiles/{profile}/{collection}", true, list},
		{anyMethod, property + "/profiles/{profile}/{collection}/{item}", true, list},
		{anyMethod, prefix + "/metadata/ga/columns", true, s.v3About(aboutAll, readOnly(s.columns))},
		{anyMethod, prefix + "/{rest...}", true, s.v3About(aboutAll, readOnly(s.v3NotFound))},
	}
}

// readOnly refuses, as v3 does, methods that change anything.
func readOnly(ask askFunc) askFunc {
	return func(r *http.Request, grant policy.Grant) (reply, error) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return nil, ua.ReadOnly()
		}
		return ask(r, grant)
	}
}

// managedResource returns the resource of the Management API that a URL names.
func managedResource(r *http.Request) ua.ManagementPath {
	p := ua.ManagementPath{
		Account: r.PathValue("account"), WebProperty: r.PathValue("property"), Profile: r.PathValue("profile"),
		Collection: r.PathValue("collection"), Item: r.PathValue("item"),
	}
	if p.Collection == "" { // only a web property ends a URL without its collection
		p.Collection, p.Item, p.WebProperty = "webproperties", p.WebProperty, ""
	}
	return p
}

// aboutManaged is for URLs that name a profile, or a web property, which has one profile.
func aboutManaged(r *http.Request) (view, dashboard string) {
	p := managedResource(r)
	switch number := p.Profile; {
	case p.Collection == "profiles" && p.Item != "":
		return "ga:" + p.Item, ""
	case number != "" && number != ua.All:
		return "ga:" + number, ""
	}
	property := p.WebProperty
	if p.Collection == "webproperties" {
		property = p.Item
	}
	if number := ua.ProfileIn(property); number != "" {
		return "ga:" + number, ""
	}
	return "", ""
}

// managementList answers a list, or an item of one, of the Management API v3.
func (s *Server) managementList(r *http.Request, grant policy.Grant) (reply, error) {
	q, err := ua.ParseList(r.URL.Query())
	if err != nil {
		return nil, err
	}
	views, err := s.gate.Views(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	at := managedResource(r)
	at.Profile = profileNumber(grant, views, at.Profile)
	if at.Collection == "profiles" {
		at.Item = profileNumber(grant, views, at.Item)
	}
	prefix, _, _ := strings.Cut(r.URL.Path, "/management")
	access, err := s.gate.FieldAccesses(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	body, err := s.management(prefix, grant, views, access).Answer(at, q)
	if err != nil {
		return nil, err
	}
	return jsonReply(body), nil
}

// management describes the views of a grant and the names allowed in each. Their website
// is the requesting page: it may not learn where else a view is shown.
func (s *Server) management(prefix string, grant policy.Grant, views []policy.ViewInfo, access []policy.FieldAccess) ua.Management {
	m := ua.Management{Base: s.base + prefix, AccountName: googleAccountTitle, Website: grant.Origin()}
	if m.Website == "" {
		m.Website = s.base
	}
	for i, v := range views {
		m.Views = append(m.Views, ua.ManagedView{
			Profile: ua.NewProfile(v.Number, v.Title), TimeZone: v.TimeZone, CurrencyCode: v.CurrencyCode,
			Names: s.names(access[i]),
		})
	}
	return m
}

// profileNumber returns the number of the view that has an old id. Any other id is
// returned unchanged.
func profileNumber(grant policy.Grant, views []policy.ViewInfo, asked string) string {
	if asked == "" || asked == ua.All {
		return asked
	}
	name := grant.TargetView("ga:"+asked, "")
	for _, v := range views {
		if v.Name == name {
			return v.Number
		}
	}
	return asked
}

// columns answers metadata.columns.list of the Metadata API v3 with the names allowed.
func (s *Server) columns(r *http.Request, grant policy.Grant) (reply, error) {
	q, err := ua.ParseList(r.URL.Query())
	if err != nil {
		return nil, err
	}
	access, err := s.gate.FieldAccesses(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	var views []ua.ViewNames
	for _, n := range access {
		views = append(views, s.names(n))
	}
	body, err := ua.ColumnsOf(views).JSON(q)
	if err != nil {
		return nil, err
	}
	return revalidatedReply(body), nil
}

// names decide which names of v3 a grant may use in a view.
func (s *Server) names(n policy.FieldAccess) ua.ViewNames {
	return ua.ViewNames{Options: s.dialects[n.View], May: n.May, Has: n.Has}
}

func (s *Server) v3NotFound(*http.Request, policy.Grant) (reply, error) {
	return nil, ua.NoSuchMethod()
}

// A revalidatedReply is JSON that a client may store if it revalidates it.
type revalidatedReply []byte

func (b revalidatedReply) size() int { return len(b) }

func (b revalidatedReply) write(s *Server, w http.ResponseWriter, r *http.Request) {
	tag := etag(b)
	w.Header().Set("ETag", "W/"+tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("Vary", "Origin, Accept-Encoding")
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.writeJSON(w, r, privateBody(b))
}
