package web

import (
	"encoding/json"
	"net/http"
	"time"

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

// backend returns the API key that a host's backend shows. A key that a page
// sends has reached a browser, where everybody can read it.
func backend(r *http.Request) (string, error) {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return "", report.Errorf(report.Forbidden,
			"An API key must not reach a browser: ask from your backend and hand what the page needs to the page.")
	}
	return bearer(r)
}

// hostToken mints an embed token, or a code for one, for a host's backend.
func (s *Server) hostToken(r *http.Request) (reply, error) {
	key, err := backend(r)
	if err == nil {
		err = s.mayMintWith(key)
	}
	if err != nil {
		return nil, s.minted(forHost, s.refused(r, policy.Grant{}, err))
	}
	body, err := readBody(r, maxTokenBody)
	if err != nil {
		return nil, s.minted(forHost, err)
	}
	var req access.MintRequest
	if err := decodeStrict(body, &req); err != nil {
		return nil, s.minted(forHost, err)
	}
	if req.Code {
		code, err := s.authority.MintCode(r.Context(), key, s.caller(r), req)
		if err = s.minted(forHost, s.throttled(r, err)); err != nil {
			return nil, err
		}
		return secretReply{code}, nil
	}
	token, err := s.authority.Mint(r.Context(), key, s.caller(r), req)
	return s.replyToken(forHost)(token, s.throttled(r, err))
}

// redeemedToken makes the token of a single-use code.
func (s *Server) redeemedToken(r *http.Request) (reply, error) {
	body, err := readBody(r, maxTokenBody)
	if err != nil {
		return nil, s.minted(forCode, err)
	}
	var req struct {
		Code string `json:"code"`
	}
	if err := decodeStrict(body, &req); err != nil {
		return nil, s.minted(forCode, err)
	}
	token, _, err := s.authority.Redeem(r.Context(), req.Code, s.holder(r))
	return s.replyToken(forCode)(token, s.throttled(r, err))
}

// accountToken hands Google's access token to a host's backend that may have it.
// It is no route that pages of other origins may read.
func (s *Server) accountToken(r *http.Request) (reply, error) {
	key, err := backend(r)
	if err != nil {
		return nil, s.refused(r, policy.Grant{}, err)
	}
	name, verb, ok := splitCall(r.PathValue("call"))
	if !ok || verb != "token" {
		return nil, report.Errorf(report.NotFound, "An account answers :token.")
	}
	asker := policy.Asker{Request: requestID(r), Address: s.clients.addr(r)}
	b, err := s.authority.Backend(r.Context(), key, name, asker)
	if err != nil {
		return nil, s.throttled(r, err)
	}
	token, err := s.gate.AccessToken(r.Context(), b, name)
	if err != nil {
		return nil, err
	}
	lives := max(0, int(token.Expires.Sub(s.clock())/time.Second))
	return secretReply{access.Token{AccessToken: token.Value, ExpiresIn: lives, TokenType: "Bearer"}}, nil
}

// secretReply is for who asked alone: never cached, never compressed.
type secretReply struct{ value any }

func (t secretReply) write(_ *Server, w http.ResponseWriter, _ *http.Request) {
	writeSecret(w, t.value)
}
