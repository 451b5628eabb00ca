package web

import (
	"net/http"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

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
