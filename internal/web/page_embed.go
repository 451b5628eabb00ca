package web

import (
	"bytes"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// embedRequest is what the address of an embed page says. All of it is hostile
// until checked.
type embedRequest struct {
	policy.DashboardRequest
	Theme string // light, dark or auto
	Lang  string // a language tag (BCP 47)
	Token string // minted by the host; empty for anonymous visitors
	Code  string // good once, for a token; empty as well
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

func themes() []string { return []string{"auto", "light", "dark"} }

// maxName bounds the names of views and dashboards in an address.
const maxName = 100

func readEmbedRequest(name string, q url.Values) (embedRequest, error) {
	e := embedRequest{Theme: "auto", Lang: "en", Token: q.Get("token"), Code: q.Get("code")}
	if theme := q.Get("theme"); theme != "" {
		e.Theme = theme
	}
	if lang := q.Get("lang"); lang != "" {
		e.Lang = lang
	}
	switch {
	case len(name) > maxName || len(q.Get("view")) > maxName:
		return e, report.Errorf(report.NotFound, "There is no such dashboard.")
	case !slices.Contains(themes(), e.Theme):
		return e, report.Errorf(report.Invalid, "theme must be light, dark or auto.")
	case !languageTag.MatchString(e.Lang):
		return e, report.Errorf(report.Invalid, "lang must be a language tag such as de or pt-BR.")
	case len(e.Token) > maxToken || len(e.Code) > maxToken || e.Token != "" && e.Code != "":
		return e, report.Errorf(report.Unauthenticated, "The token is not one of this server's.")
	}
	var err error
	e.DashboardRequest, err = dashboardRequest(name, q.Get("view"), q.Get("range"))
	return e, err
}

// embed serves a dashboard as a page for an iframe, with its data in it; or the
// data alone, to the page's own script that renews token and data.
func (s *Server) embed(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	fail := s.failPage
	if wantsJSON(r) {
		fail = s.fail
	}
	req, err := readEmbedRequest(r.PathValue("dashboard"), r.URL.Query())
	if err != nil {
		fail(w, r, err)
		return
	}
	d, err := s.embedDashboard(r, req)
	if err != nil {
		fail(w, r, err)
		return
	}
	// Whom a view lists is told of views that the asker may see, and of no other. A
	// page that hides where it is (Referrer-Policy: no-referrer) gets the dashboard,
	// and the browser, which knows, shows an empty frame unless the page is listed.
	framers := s.rules.FrameOrigins(req.Name, d.answer.View.Name)
	origin := refererOrigin(r)
	switch {
	case framed(r) && origin != "" && origin != s.origin && !slices.Contains(framers, origin):
		s.blockedPage(w, r, origin, d.answer.View.Name, req.Name)
	case wantsJSON(r):
		d.write(s, w, r)
	default:
		s.logPanels(w, r, d.answer)
		s.embedPage(w, req, framers, d)
	}
}

// wantsJSON reports whether a script asks. Browsers that show pages name HTML.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// framed reports whether the page is asked for by an element of another page.
func framed(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Dest") {
	case "iframe", "frame", "embed", "object":
		return true
	}
	return false
}

// embedDashboard returns the dashboard, its JSON with two more members: the
// embed token, to ask and renew with, and the server's address.
func (s *Server) embedDashboard(r *http.Request, req embedRequest) (dashboardReply, error) {
	token, grant, err := s.embedToken(r, req)
	if err != nil {
		return dashboardReply{}, err
	}
	d, err := s.askDashboard(r.Context(), grant, req.DashboardRequest)
	if err != nil {
		return d, err
	}
	tokenJSON, err := json.Marshal(token)
	if err != nil {
		return d, err
	}
	base, err := json.Marshal(s.base)
	if err != nil {
		return d, err
	}
	d.body = made(withMember(withMember(d.body.join(), "token", tokenJSON), "base", base))
	return d, nil
}

// embedToken returns the host's token, that of its code, or a new one for an
// anonymous visitor. That one is bound to the server's own origin: who may put the
// page into a frame is for frame-ancestors to say.
func (s *Server) embedToken(r *http.Request, req embedRequest) (access.Token, policy.Grant, error) {
	token, err := s.embedCredential(r, req)
	if err != nil {
		return token, policy.Grant{}, err
	}
	grant, err := s.authority.Verify(r.Context(), token.AccessToken, s.frame(r))
	if err != nil {
		return token, grant, s.throttled(r, err)
	}
	if err = s.mayAsk(r, grant); err == nil {
		err = s.mayAskAbout(grant, req.View, req.Name)
	}
	if err != nil {
		return token, grant, s.refused(r, grant, err)
	}
	token.ExpiresIn = secondsUntil(s.clock(), grant.Expires())
	return token, grant, nil
}

// frame is the caller that shows a token for the embed page: whoever's page that
// is in.
func (s *Server) frame(r *http.Request) access.Caller {
	c := s.caller(r)
	c.Origin = ""
	return c
}

func (s *Server) embedCredential(r *http.Request, req embedRequest) (access.Token, error) {
	switch {
	case req.Token != "":
		return access.Token{AccessToken: req.Token, TokenType: "Bearer"}, nil
	case req.Code != "":
		token, _, err := s.authority.Redeem(r.Context(), req.Code, s.frame(r))
		return token, s.minted(forCode, s.throttled(r, err))
	}
	if err := s.mayMint(r, s.origin); err != nil {
		return access.Token{}, s.minted(forFrame, s.refused(r, policy.Grant{}, err))
	}
	c := s.frame(r)
	c.Origin = s.origin
	token, err := s.authority.Public(r.Context(), c, nil, req.Name)
	return token, s.minted(forFrame, err)
}

// embedPage writes the page. Answers are compressed although a token is in them:
// an anonymous one and that of a code are new in each answer, and a host's is in
// the address, so that who can choose the rest of the address knows it already
// (BREACH).
func (s *Server) embedPage(w http.ResponseWriter, req embedRequest, framers []string, d dashboardReply) {
	// < and the line separators cannot stand in a script element's text.
	var safe bytes.Buffer
	json.HTMLEscape(&safe, d.body.join())
	h := w.Header()
	h.Set("Content-Security-Policy", embedPolicy(framers))
	h.Set("Referrer-Policy", "same-origin") // names the page to its own server, see pageOrigin
	h.Set("Cache-Control", "private, no-store")
	setPageHeaders(h)
	s.render(w, http.StatusOK, s.pages.embed, embedPageData{
		Title: d.answer.Dashboard.Title, Lang: req.Lang, Theme: req.Theme,
		Path: s.path, Modules: s.chartModules(),
		Data: template.JS(safe.String()),
	})
}

// embedPolicy allows the page what the server itself serves, and its framing to
// the given origins only.
func embedPolicy(framers []string) string {
	ancestors := "'none'"
	if len(framers) > 0 {
		ancestors = strings.Join(framers, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors
}
