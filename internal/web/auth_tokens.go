package web

import (
	"net/http"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// maxNames bounds the views that one request can name.
const maxNames = 50

// Values of the metrics' label requester: for whom a token is minted.
const (
	forVisitor = "visitor" // of a page, through /token
	forFrame   = "frame"   // of the embed page, with the page
	forHost    = "host"    // a backend with an API key
	forRenewal = "renewal" // of the session of another token
	forCode    = "code"    // whoever redeems a code
)

// publicToken mints an embed token for an anonymous visitor of a page.
func (s *Server) publicToken(r *http.Request) (reply, error) {
	origin := s.pageOrigin(r)
	if r.Method == http.MethodHead {
		return nil, s.refuseMint(r, forVisitor, report.Errorf(report.Invalid, "Ask for an embed token with GET: the answer to HEAD has none."))
	}
	if origin == "" {
		return nil, s.refuseMint(r, forVisitor, report.Errorf(report.Invalid,
			"A public embed token belongs to a page: ask with fetch from the page, so that the browser sends its Origin. Backends use POST /v1/tokens."))
	}
	q := r.URL.Query()
	views, name := q["view"], q.Get("dashboard")
	if len(views) > 0 && name != "" || len(views) > maxNames {
		return nil, s.refuseMint(r, forVisitor, report.Errorf(report.Invalid,
			"Name views (?view=NAME, up to %d) or one dashboard (?dashboard=NAME), or nothing for all that is public on the page.", maxNames))
	}
	if err := s.limitMint(r, origin); err != nil {
		return nil, s.refuseMint(r, forVisitor, err)
	}
	return s.tokenReply(forVisitor)(s.authority.Public(r.Context(), s.caller(r), views, name))
}

// renewedToken mints an embed token for the session of the token in the request.
func (s *Server) renewedToken(r *http.Request) (reply, error) {
	token, err := bearer(r)
	if err != nil {
		return nil, s.refuseMint(r, forRenewal, err)
	}
	renewed, err := s.authority.Renew(r.Context(), token, s.tokenCaller(r), func(grant policy.Grant) error {
		return s.limitRequests(r, grant)
	})
	err = s.limitFailures(r, err)
	return s.tokenReply(forRenewal)(renewed, err)
}

// limitedCaller is the caller of a request that exchanges a token or a code.
func (s *Server) limitedCaller(r *http.Request) access.Caller {
	c := s.tokenCaller(r)
	c.Allow = func(grant policy.Grant) error {
		if err := s.limitRequests(r, grant); err != nil {
			return s.recordRefusal(r, grant, err)
		}
		return nil
	}
	return c
}

// refuseMint records and counts a refusal to mint that is not the authority's, and
// returns its error.
func (s *Server) refuseMint(r *http.Request, whom string, err error) error {
	return s.countMint(whom, s.recordRefusal(r, policy.Grant{}, err))
}

// tokenReply counts the outcome of minting and returns it as a reply.
func (s *Server) tokenReply(whom string) func(access.Token, error) (reply, error) {
	return func(token access.Token, err error) (reply, error) {
		if s.countMint(whom, err) != nil {
			return nil, err
		}
		return secretReply{token}, nil
	}
}

// countMint counts the outcome of minting and returns err.
func (s *Server) countMint(whom string, err error) error {
	outcome := "minted"
	if err != nil {
		outcome = classify(err).Kind.String()
	}
	s.metrics.tokens.WithLabelValues(whom, outcome).Inc()
	return err
}

// hostAPIKey returns the API key of a request from a host's backend. Requests of browsers
// are refused: a key in a page is public.
func hostAPIKey(r *http.Request) (string, error) {
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return "", report.Errorf(report.Forbidden,
			"An API key must not reach a browser: ask from your backend and hand what the page needs to the page.")
	}
	return bearer(r)
}

// hostKey returns the API key of a request that the limit of its host allows, and records
// a refusal.
func (s *Server) hostKey(r *http.Request) (string, error) {
	key, err := hostAPIKey(r)
	if err == nil {
		err = s.limitHostMint(key)
	}
	if err != nil {
		return "", s.authority.RefusedKey(r.Context(), key, s.caller(r), err)
	}
	return key, nil
}

// hostToken mints an embed token, or a code for one, for a host's backend.
func (s *Server) hostToken(r *http.Request) (reply, error) {
	key, err := s.hostKey(r)
	if err != nil {
		return nil, s.countMint(forHost, err)
	}
	req, err := decodeRequest[access.MintRequest](r, maxTokenBody)
	if err != nil {
		return nil, s.countMint(forHost, s.authority.RefusedKey(r.Context(), key, s.caller(r), err))
	}
	if req.Code {
		code, err := s.authority.MintCode(r.Context(), key, s.caller(r), req)
		if err = s.countMint(forHost, s.limitFailures(r, err)); err != nil {
			return nil, err
		}
		return secretReply{code}, nil
	}
	token, err := s.authority.Mint(r.Context(), key, s.caller(r), req)
	return s.tokenReply(forHost)(token, s.limitFailures(r, err))
}

// redeemedToken exchanges a single-use code for its token.
func (s *Server) redeemedToken(r *http.Request) (reply, error) {
	req, err := decodeRequest[struct {
		Code string `json:"code"`
	}](r, maxTokenBody)
	if err != nil {
		return nil, s.refuseMint(r, forCode, err)
	}
	token, err := s.redeem(r, req.Code, s.limitedCaller(r))
	if err != nil {
		return nil, err
	}
	return secretReply{token}, nil
}

// redeem exchanges a code for its token, and counts the outcome.
func (s *Server) redeem(r *http.Request, code string, caller access.Caller) (access.Token, error) {
	token, _, err := s.authority.Redeem(r.Context(), code, caller)
	return token, s.countMint(forCode, s.limitFailures(r, err))
}

// accountToken returns Google's access token to a host's backend that is allowed it.
func (s *Server) accountToken(r *http.Request) (reply, error) {
	key, err := s.hostKey(r)
	if err != nil {
		return nil, err
	}
	name, verb, ok := splitCall(r.PathValue("call"))
	if !ok || verb != "token" {
		return nil, s.authority.RefusedKey(r.Context(), key, s.caller(r), report.Errorf(report.NotFound, "An account answers :token."))
	}
	requester := policy.Requester{Request: requestID(r), Address: s.clients.addr(r)}
	b, err := s.authority.Backend(r.Context(), key, name, requester)
	if err != nil {
		return nil, s.limitFailures(r, err)
	}
	token, err := s.gate.AccessToken(r.Context(), b, name)
	if err == nil {
		err = s.authority.HandOut(r.Context(), b, name)
	}
	if err != nil {
		return nil, err
	}
	return secretReply{access.Token{AccessToken: token.Value, ExpiresIn: secondsUntil(s.clock(), token.Expires), TokenType: "Bearer"}}, nil
}
