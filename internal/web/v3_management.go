package web

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/ua"
)

// universalLists are the rows of the Management and the Metadata API v3 under a
// prefix, and of all else under it, so that whatever a client of v3 asks, it is
// answered as v3 would have.
func (s *Server) universalLists(prefix string) []route {
	managed, property := prefix+"/management", prefix+"/management/accounts/{account}/webproperties/{property}"
	list := s.universalAbout(aboutPlace, s.reading(s.managementList))
	return []route{
		{anyMethod, managed + "/{collection}", true, list},
		{anyMethod, managed + "/{collection}/{item}", true, list},
		{anyMethod, managed + "/accounts/{account}/{collection}", true, list},
		{anyMethod, property, true, list},
		{anyMethod, property + "/{collection}", true, list},
		{anyMethod, property + "/{collection}/{item}", true, list},
		{anyMethod, property + "/profiles/{profile}/{collection}", true, list},
		{anyMethod, property + "/profiles/{profile}/{collection}/{item}", true, list},
		{anyMethod, prefix + "/metadata/ga/columns", true, s.universalAbout(aboutAll, s.reading(s.columns))},
		{anyMethod, prefix + "/{rest...}", true, s.universalAbout(aboutAll, s.reading(s.noUniversal))},
	}
}

// reading refuses, as v3 would have, what changes anything.
func (s *Server) reading(ask func(*http.Request, policy.Grant) (reply, error)) func(*http.Request, policy.Grant) (reply, error) {
	return func(r *http.Request, grant policy.Grant) (reply, error) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			return nil, ua.ReadOnly()
		}
		return ask(r, grant)
	}
}

// placeOf reads what of the Management API an address names.
func placeOf(r *http.Request) ua.ManagementPath {
	p := ua.ManagementPath{
		Account: r.PathValue("account"), WebProperty: r.PathValue("property"), Profile: r.PathValue("profile"),
		Collection: r.PathValue("collection"), Item: r.PathValue("item"),
	}
	if p.Collection == "" { // the only item that ends an address without its collection
		p.Collection, p.Item, p.WebProperty = "webproperties", p.WebProperty, ""
	}
	return p
}

// aboutPlace is for addresses that name a profile, or a web property, which has
// one profile.
func aboutPlace(r *http.Request) (view, dashboard string) {
	p := placeOf(r)
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
	at := placeOf(r)
	at.Profile = s.profileNumber(r.Context(), grant, at.Profile)
	if at.Collection == "profiles" {
		at.Item = s.profileNumber(r.Context(), grant, at.Item)
	}
	prefix, _, _ := strings.Cut(r.URL.Path, "/management")
	namings, err := s.gate.Namings(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	body, err := s.management(prefix, grant, views, namings).Answer(at, q)
	if err != nil {
		return nil, err
	}
	return privateJSON(body), nil
}

// management describes the views of a grant, and of each what it may name. Their website is the page that asks:
// where else a view is shown is not for it to know.
func (s *Server) management(prefix string, grant policy.Grant, views []policy.ViewInfo, namings []policy.Naming) ua.Management {
	m := ua.Management{Base: s.base + prefix, AccountName: googleAccountTitle, Website: grant.Origin()}
	if m.Website == "" {
		m.Website = s.base
	}
	for i, v := range views {
		m.Views = append(m.Views, ua.ManagedView{
			Profile: ua.NewProfile(v.Number, v.Title), TimeZone: v.TimeZone, CurrencyCode: v.CurrencyCode,
			Options: s.dialects[v.Name].Visible(namings[i].May),
		})
	}
	return m
}

// profileNumber returns the number of the view that asked means: pages know a
// view by any of its old ids. What names no view stays as it is.
func (s *Server) profileNumber(ctx context.Context, grant policy.Grant, asked string) string {
	if asked == "" || asked == ua.All {
		return asked
	}
	if v, err := s.gate.View(ctx, grant, "ga:"+asked); err == nil {
		return v.Number
	}
	return asked
}

// columns answers metadata.columns.list of the Metadata API v3 with what the asker
// may name.
func (s *Server) columns(r *http.Request, grant policy.Grant) (reply, error) {
	q, err := ua.ParseList(r.URL.Query())
	if err != nil {
		return nil, err
	}
	namings, err := s.gate.Namings(r.Context(), grant)
	if err != nil {
		return nil, err
	}
	var views []ua.ColumnView
	for _, n := range namings {
		views = append(views, ua.ColumnView{Options: s.dialects[n.View], May: n.May, Has: n.Has})
	}
	body, err := ua.ColumnsOf(views).JSON(q)
	if err != nil {
		return nil, err
	}
	return unchangedJSON(body), nil
}

func (s *Server) noUniversal(*http.Request, policy.Grant) (reply, error) {
	return nil, ua.NoSuchMethod()
}

// privateJSON is a finished body for one asker.
type privateJSON []byte

func (b privateJSON) write(s *Server, w http.ResponseWriter, r *http.Request) {
	s.writePrivate(w, r, made(b))
}

// unchangedJSON is a finished body that an asker may keep, and ask whether it
// still holds.
type unchangedJSON []byte

func (b unchangedJSON) write(s *Server, w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256(b)
	tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("Vary", "Origin, Accept-Encoding")
	for known := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if slices.Contains([]string{tag, strings.TrimPrefix(tag, "W/"), "*"}, strings.TrimSpace(known)) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	s.writeJSON(w, r, made(b))
}
