package web

import (
	"encoding/json"
	"net/http"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// maxNames bounds the views that one request can name.
const maxNames = 50

// Who a token was minted for, as metrics say it.
const (
	forVisitor = "visitor" // of a page, through /token
	forFrame   = "frame"   // of the embed page, with the page
	forHost    = "host"    // a backend with an API key
	forRenewal = "renewal" // of the session of another token
	forCode    = "code"    // whoever redeems a code
)

// writeSecret answers what only who asked may ever see.
func writeSecret(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache") // RFC 6749, section 5.1
	writeBody(w, http.StatusOK, "application/json; charset=utf-8", body)
}

// publicToken mints an embed token for an anonymous visitor of a page.
func (s *Server) publicToken(r *http.Request) (reply, error) {
	origin := s.pageOrigin(r)
	if origin == "" {
		return nil, s.minted(forVisitor, report.Errorf(report.Invalid,
			"A public embed token belongs to a page: ask with fetch from the page, so that the browser sends its Origin. Backends use POST /v1/tokens."))
	}
	q := r.URL.Query()
	views, name := q["view"], q.Get("dashboard")
	if len(views) > 0 && name != "" || len(views) > maxNames {
		return nil, s.minted(forVisitor, report.Errorf(report.Invalid,
			"Name views (?view=NAME, up to %d) or one dashboard (?dashboard=NAME), or nothing for all that is public on the page.", maxNames))
	}
	if err := s.mayMint(r, origin); err != nil {
		return nil, s.minted(forVisitor, s.refused(r, policy.Grant{}, err))
	}
	return s.replyToken(forVisitor)(s.authority.Public(r.Context(), s.caller(r), views, name))
}

// renewedToken mints an embed token for the session of the one that is shown.
func (s *Server) renewedToken(r *http.Request) (reply, error) {
	token, err := bearer(r)
	if err != nil {
		return nil, s.minted(forRenewal, s.refused(r, policy.Grant{}, err))
	}
	renewed, grant, err := s.authority.Renew(r.Context(), token, s.holder(r))
	if err == nil {
		err = s.mayAsk(r, grant)
	}
	err = s.throttled(r, err)
	return s.replyToken(forRenewal)(renewed, err)
}

// replyToken counts the outcome of minting and makes it a reply.
func (s *Server) replyToken(whom string) func(access.Token, error) (reply, error) {
	return func(token access.Token, err error) (reply, error) {
		if s.minted(whom, err) != nil {
			return nil, err
		}
		return secretReply{token}, nil
	}
}

// minted counts the outcome of minting and returns err.
func (s *Server) minted(whom string, err error) error {
	outcome := "minted"
	if err != nil {
		outcome = known(err).Kind.String()
	}
	s.metrics.tokens.WithLabelValues(whom, outcome).Inc()
	return err
}
