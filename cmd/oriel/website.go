package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"net/http"
	"time"
)

// A website is the customer's: pages, and a backend that holds an API key. It
// knows Oriel's address and nothing else of it.
type website struct {
	oriel  string // Oriel's public URL
	origin string // of the pages
	key    string // the API key; it stays here
}

// demoView is the view of the page from 2015.
const demoView = "museum"

// handler serves the customer's pages.
func (s website) handler() (http.Handler, error) {
	files, err := fs.Sub(demoFiles, "demo")
	if err != nil {
		return nil, err
	}
	pages, err := htmltemplate.ParseFS(files, "*.html")
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	for _, page := range pages.Templates() {
		pattern := "GET /" + page.Name()
		if page.Name() == "index.html" {
			pattern = "GET /{$}"
			mux.Handle("GET /index.html", http.RedirectHandler("/", http.StatusMovedPermanently))
		}
		mux.HandleFunc(pattern, s.page(page))
	}
	for _, name := range []string{"site.css", "frame.js"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, files, name)
		})
	}
	return http.TimeoutHandler(mux, 10*time.Second, "too slow"), nil
}

// A visit is what a page's template may name. The token is minted only for
// pages that name it.
type visit struct {
	Base, Platform, View string

	token func() (string, error)
}

// Token returns an embed token for this page view.
func (v visit) Token() (string, error) { return v.token() }

func (s website) page(page *htmltemplate.Template) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		v := visit{Base: s.oriel, Platform: s.oriel + "/platform.js", View: demoView, token: func() (string, error) { return s.mint(r.Context()) }}
		if err := page.Execute(&b, v); err != nil {
			http.Error(w, "This page cannot be made right now: "+err.Error(), http.StatusBadGateway)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store") // a token is for one visit
		_, _ = w.Write(b.Bytes())                   // the visitor left
	}
}

// mint asks Oriel for an embed token, as a host's backend does.
func (s website) mint(ctx context.Context) (string, error) {
	var answer bytes.Buffer
	if err := mint(ctx, s.oriel, s.key, map[string]any{"views": []string{demoView}, "origin": s.origin}, &answer); err != nil {
		return "", err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(answer.Bytes(), &token); err != nil {
		return "", fmt.Errorf("reading the embed token: %w", err)
	}
	return token.AccessToken, nil
}
