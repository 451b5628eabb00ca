package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
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

// embedRequest is the URL of an embed page, untrusted until checked.
type embedRequest struct {
	policy.DashboardRequest
	Theme string // light, dark or auto
	Lang  string // a language tag (BCP 47)
	Token string // of the host; empty for anonymous visitors
	Code  string // single-use, for a token; or empty
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)

func themes() []string { return []string{"auto", "light", "dark"} }

// maxName bounds the names of views and dashboards in an address.
const maxName = 100

func readEmbedRequest(name string, q url.Values) (embedRequest, error) {
	e := embedRequest{
		Theme: cmp.Or(q.Get("theme"), "auto"), Lang: cmp.Or(q.Get("lang"), "en"),
		Token: q.Get("token"), Code: q.Get("code"),
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

// embed serves a dashboard as a page for an iframe, with its data; or the data alone to the
// page's own script, which renews token and data.
func (s *Server) embed(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	fail := s.failPage
	if wantsJSON(r) {
		fail = s.fail
	}
	req, err := readEmbedRequest(r.PathValue("dashboard"), r.URL.Query())
	if err == nil {
		err = checkDestination(r)
	}
	if err == nil && r.Method == http.MethodHead && req.Code == "" {
		err = report.Errorf(report.Invalid, "Ask for the page with GET: the answer to HEAD has no dashboard.")
	}
	if err != nil {
		fail(w, r, s.recordRefusal(r, policy.Grant{}, err))
		return
	}
	d, err := s.embedDashboard(r, req)
	blocked, isBlocked := errors.AsType[*blockedFrame](err)
	switch {
	case isBlocked:
		s.blockedPage(w, r, blocked)
	case err != nil:
		fail(w, r, err)
	case wantsJSON(r):
		d.write(s, w, r)
	default:
		s.logPanels(w, r, d.answer)
		s.embedPage(w, r, req, s.rules.FrameOrigins(req.Name, d.answer.View.Name), d)
	}
}

// A blockedFrame is why a browser would show an empty frame.
type blockedFrame struct {
	origin          string // of the page around it
	view, dashboard string
}

func (b *blockedFrame) Error() string {
	return "a page of " + b.origin + " may not frame dashboard " + b.dashboard
}

// Unwrap returns the error as it is recorded.
func (b *blockedFrame) Unwrap() error { return report.Errorf(report.Forbidden, "%s", b.Error()) }

// checkFrame refuses pages around the dashboard that its view does not list. Only visitors
// who may see a view learn which origins it lists. A page that hides its origin
// (Referrer-Policy: no-referrer) gets the dashboard; the browser, which knows it, shows an
// empty frame unless it is listed.
func (s *Server) checkFrame(r *http.Request, grant policy.Grant, req embedRequest) error {
	view, origin := grant.TargetView(req.View, req.Name), refererOrigin(r)
	if view == "" || !framed(r) || origin == "" || origin == s.origin || slices.Contains(s.rules.FrameOrigins(req.Name, view), origin) {
		return nil
	}
	return &blockedFrame{report.Truncate(origin), view, req.Name}
}

// checkDestination refuses requests of images, scripts and other elements, which show no page: any
// page could cause them, at the expense of the origin's and the dashboard's limits. The page's own
// script is let through.
func checkDestination(r *http.Request) error {
	switch dest := r.Header.Get("Sec-Fetch-Dest"); {
	case dest == "", dest == "document", dest == "iframe":
		return nil
	case dest == "empty" && wantsJSON(r) && r.Header.Get("Sec-Fetch-Site") == "same-origin":
		return nil
	}
	return report.Errorf(report.Forbidden, "This page is for a window or an iframe: open it there.")
}

// checkNavigation refuses requests with a code that no person makes, or that show no
// dashboard: HEAD, prefetches, images and scripts. They would use up the code.
func checkNavigation(r *http.Request) error {
	dest := r.Header.Get("Sec-Fetch-Dest")
	prefetch := r.Header.Get("Sec-Purpose") + r.Header.Get("Purpose") + r.Header.Get("X-Moz")
	if r.Method != http.MethodGet || prefetch != "" || dest != "" && dest != "document" && dest != "iframe" {
		return report.Errorf(report.Forbidden, "A code is used up by the page that a person opens, in a window or an iframe: open it there.")
	}
	return nil
}

// wantsJSON reports whether a script requests the page. Navigations accept HTML.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// framed reports whether another page shows the page in an iframe.
func framed(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Dest") == "iframe" }

// embedDashboard returns the dashboard, its JSON with two more members: the embed token and
// the server's base URL. Its token is issued, or its code redeemed, once there is something
// to show.
func (s *Server) embedDashboard(r *http.Request, req embedRequest) (d dashboardReply, err error) {
	var draft *policy.Draft
	var expiresIn int
	caller := s.frameCaller(r)
	caller.Allow = func(grant policy.Grant) (err error) {
		expiresIn = secondsUntil(s.clock(), grant.Expires())
		grant, draft = s.gate.Draft(grant, policy.Subject{View: req.View, Dashboard: req.Name})
		if err = s.checkEmbed(r, grant, req); err == nil {
			d, err = s.askDashboard(r, grant, req.DashboardRequest)
		}
		if err == nil {
			err = s.weigh(r, grant, policy.Subject{View: req.View, Dashboard: req.Name}, d)
		}
		return err
	}
	err = errPanicked
	defer func() {
		if draft != nil {
			draft.End(r.Context(), err)
		}
	}()
	token, err := s.embedToken(r, req, caller)
	if err != nil {
		return d, err
	}
	token.ExpiresIn = expiresIn
	d.body = privateBody(withMember(withMember(d.body.join(), "token", jsonOf(token)), "base", jsonOf(s.base)))
	return d, nil
}

// checkEmbed checks limits and the page around the dashboard.
func (s *Server) checkEmbed(r *http.Request, grant policy.Grant, req embedRequest) error {
	err := s.limitRequests(r, grant)
	if err == nil {
		err = s.limitView(grant, req.View, req.Name)
	}
	if err == nil {
		err = s.checkFrame(r, grant, req)
	}
	return err
}

// frameCaller is the caller of the embed page, in whichever page it is framed.
func (s *Server) frameCaller(r *http.Request) access.Caller {
	c := s.caller(r)
	c.Origin = ""
	return c
}

// embedToken returns the host's token, that of its code, or a new one for an anonymous
// visitor, bound to the server's own origin: frame-ancestors decides who may frame the page.
// What it opens is shown to caller.Allow before.
func (s *Server) embedToken(r *http.Request, req embedRequest, caller access.Caller) (access.Token, error) {
	switch {
	case req.Token != "":
		grant, err := s.authority.Verify(r.Context(), req.Token, caller)
		if err == nil {
			err = caller.Allow(grant)
		}
		return access.Token{AccessToken: req.Token, TokenType: "Bearer"}, s.limitFailures(r, err)
	case req.Code != "":
		if err := checkNavigation(r); err != nil {
			return access.Token{}, s.refuseMint(r, forCode, err)
		}
		return s.redeem(r, req.Code, caller)
	}
	if err := s.limitMint(r, s.origin); err != nil {
		return access.Token{}, s.refuseMint(r, forFrame, err)
	}
	caller.Origin = s.origin
	token, err := s.authority.Public(r.Context(), caller, nil, req.Name)
	return token, s.countMint(forFrame, err)
}

// embedPage writes the page, compressed although it contains a token (BREACH): that of an
// anonymous visitor or a code is new in each response, and whoever can choose the rest of a
// URL with a host's token knows the token.
func (s *Server) embedPage(w http.ResponseWriter, r *http.Request, req embedRequest, frameOrigins []string, d dashboardReply) {
	// A script element's text may contain neither < nor line separators.
	var safe bytes.Buffer
	json.HTMLEscape(&safe, d.body.join())
	h := w.Header()
	h.Set("Content-Security-Policy", embedPolicy(frameOrigins))
	h.Set("Referrer-Policy", "same-origin") // see pageOrigin
	h.Set("Cache-Control", "private, no-store")
	setPageHeaders(h)
	s.render(w, r, http.StatusOK, "embed.html", embedPageData{
		Title: d.answer.Dashboard.Title, Lang: req.Lang, Theme: req.Theme,
		Path: s.path, Modules: s.chartModules(),
		Data: template.JS(safe.String()),
	})
}

// embedPolicy allows the page the server's own files, and framing by the given origins.
func embedPolicy(frameOrigins []string) string {
	ancestors := "'none'"
	if len(frameOrigins) > 0 {
		ancestors = strings.Join(frameOrigins, " ")
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
		"font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors
}
