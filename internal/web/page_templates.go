package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/oriel-server/oriel/internal/report"
)

//go:embed embed.html message.html
var templates embed.FS

// pages are the HTML that the server writes.
type pages struct {
	embed   *template.Template
	message *template.Template
}

func parsePages() (*pages, error) {
	t, err := template.ParseFS(templates, "*.html")
	if err != nil {
		return nil, fmt.Errorf("web: pages: %w", err)
	}
	return &pages{embed: t.Lookup("embed.html"), message: t.Lookup("message.html")}, nil
}

type embedPageData struct {
	Title       string
	Lang, Theme string
	Path        string   // of the public URL
	Modules     []string // that draw, to be fetched at once
	Data        template.JS
}

type messagePageData struct {
	Title, Message string
	// Setting is what the operator can write into the configuration, and Advice says
	// so; both empty when that is no way out.
	Advice, Setting string
	Theme           string
	Path            string
}

// messagePolicy lets a page without data and without controls be framed by
// anyone: it is there to be read where the dashboard was expected.
const messagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"

// failPage answers with an error as a page for people.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	e := s.failed(w, r, err)
	s.messagePage(w, r, kinds[e.Kind].code, messagePageData{Title: "This dashboard cannot be shown", Message: e.Message})
}

// blockedPage tells a page's author why the browser would show an empty frame. Of a
// view it names only what the asker may see.
func (s *Server) blockedPage(w http.ResponseWriter, r *http.Request, origin, view, dashboard string) {
	s.failed(w, r, report.Errorf(report.Forbidden, "a page of %s may not frame dashboard %s", report.Truncate(origin), dashboard))
	s.messagePage(w, r, http.StatusForbidden, messagePageData{
		Title:   "This page may not show the dashboard",
		Message: "Pages of " + report.Truncate(origin) + " are not listed for it.",
		Advice:  "To allow them, the operator of this server lists the origin for the view, and for the other views of the dashboard " + dashboard + ":",
		Setting: "views." + view + ".origins: [" + report.Truncate(origin) + "]",
	})
}

func (s *Server) messagePage(w http.ResponseWriter, r *http.Request, code int, data messagePageData) {
	data.Path, data.Theme = s.path, "auto"
	if theme := r.URL.Query().Get("theme"); slices.Contains(themes(), theme) {
		data.Theme = theme
	}
	w.Header().Set("Content-Security-Policy", messagePolicy)
	setPageHeaders(w.Header())
	s.render(w, code, s.pages.message, data)
}

func (s *Server) render(w http.ResponseWriter, code int, t *template.Template, data any) {
	var b bytes.Buffer
	if err := t.Execute(&b, data); err != nil {
		panic(err) // a defect of the template
	}
	writeBody(w, code, "text/html; charset=utf-8", b.Bytes())
}

// chartModules returns the names of the modules that the charts are, so that a
// page loads them at once and not one after the other.
func (s *Server) chartModules() []string {
	var names []string
	for name := range s.assets {
		if path.Ext(name) == ".js" && (strings.HasPrefix(name, "assets/charts-") || strings.HasPrefix(name, "assets/chunk-")) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
