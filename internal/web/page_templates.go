package web

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"path"
	"slices"
	"strings"
)

//go:embed embed.html message.html
var templates embed.FS

type embedPageData struct {
	Title       string
	Lang, Theme string
	Path        string   // of the public URL
	Modules     []string // of the charts, to preload
	Data        template.JS
}

type messagePageData struct {
	Title, Message string
	// Setting is a line of configuration, and Advice introduces it; both may be empty.
	Advice, Setting string
	Theme           string
	Path            string
}

// messagePolicy allows any page to frame a message, which has no data and no controls.
const messagePolicy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"

// failPage writes an error as an HTML page.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	e := s.recordError(w, r, err)
	s.messagePage(w, r, kinds[e.Kind].code, messagePageData{Title: "This dashboard cannot be shown", Message: e.Message})
}

// blockedPage explains to a page's author why the browser would show an empty frame. It
// names only what the visitor may see of the view.
func (s *Server) blockedPage(w http.ResponseWriter, r *http.Request, b *blockedFrame) {
	s.recordError(w, r, b)
	s.messagePage(w, r, http.StatusForbidden, messagePageData{
		Title:   "This page may not show the dashboard",
		Message: "Pages of " + b.origin + " are not listed for it.",
		Advice:  "To allow them, the operator of this server lists the origin for the view, and for the other views of the dashboard " + b.dashboard + ":",
		Setting: "views." + b.view + ".origins: [" + b.origin + "]",
	})
}

func (s *Server) messagePage(w http.ResponseWriter, r *http.Request, code int, data messagePageData) {
	data.Path, data.Theme = s.path, "auto"
	if theme := r.URL.Query().Get("theme"); slices.Contains(themes(), theme) {
		data.Theme = theme
	}
	w.Header().Set("Content-Security-Policy", messagePolicy)
	setPageHeaders(w.Header())
	s.render(w, r, code, "message.html", data)
}

func (s *Server) render(w http.ResponseWriter, r *http.Request, code int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		panic(err) // a bug in the template
	}
	w.Header().Add("Vary", "Accept-Encoding")
	s.writeAs(w, r, code, s.fixed.html, privateBody(b.Bytes()))
}

// chartModules returns the modules of the charts, for a page to preload.
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
