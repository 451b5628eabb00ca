package emulator

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// skew is how far a client's clock may be off. Observed: iat five minutes
// ahead is accepted, and so is an exp that is just over.
const skew = 300 * time.Second

// An assertion is a signed JWT, split and decoded but not believed.
type assertion struct {
	header struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	claims    claims
	signed    string // what the signature covers
	signature []byte
}

// claims are the claims that Google reads. Times may be numbers or digits in a
// string.
type claims struct {
	Issuer         string          `json:"iss"`
	Subject        string          `json:"sub"`
	Scope          string          `json:"scope"`
	Audience       json.RawMessage `json:"aud"`
	TargetAudience string          `json:"target_audience"`
	IssuedAt       json.RawMessage `json:"iat"`
	Expires        json.RawMessage `json:"exp"`
}

// parseAssertion reports false for what is not three base64url segments with
// JSON objects in the first two.
func parseAssertion(s string) (*assertion, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return nil, false
	}
	a := &assertion{signed: parts[0] + "." + parts[1]}
	for i, into := range []any{&a.header, &a.claims} {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[i], "="))
		if err != nil || json.Unmarshal(raw, into) != nil {
			return nil, false
		}
	}
	var err error
	a.signature, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[2], "="))
	return a, err == nil
}

// signedBy reports whether the private half of public made the signature.
func (a *assertion) signedBy(public *rsa.PublicKey) bool {
	if a.header.Algorithm != "RS256" {
		return false
	}
	sum := sha256.Sum256([]byte(a.signed))
	return rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], a.signature) == nil
}

// audience returns the claim when it is a single string.
func (c *claims) audience() string {
	var s string
	if json.Unmarshal(c.Audience, &s) != nil {
		return ""
	}
	return s
}

// instant reads a time claim; false when it is absent or no number.
func instant(raw json.RawMessage) (time.Time, bool) {
	s := strings.Trim(string(raw), `"`)
	seconds, err := strconv.ParseFloat(s, 64)
	if err != nil || seconds != seconds || seconds < 0 || seconds > 1e11 {
		return time.Time{}, false
	}
	return time.Unix(int64(seconds), 0), true
}

// inWindow reports whether the assertion is good now: at most an hour long and
// neither in the past nor in the future.
func inWindow(issued, expires, now time.Time) bool {
	return !issued.After(now.Add(skew)) &&
		!expires.Before(now.Add(-skew)) &&
		expires.After(issued) &&
		expires.Sub(issued) <= lifetime
}
