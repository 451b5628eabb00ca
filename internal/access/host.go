package access

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"

	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
)

// A Host is a site whose backend authenticates visitors: it begins sessions with an
// API key, or with tokens that it signs itself, both within what the host may name.
type Host struct {
	Name        string
	APIKeys     [][sha256.Size]byte // hashes: the configuration does not hold the keys
	SigningKeys []HostKey           // see LoadHostKeys
	Views       []string            // that bound its tokens, for questions and under dashboards
	Dashboards  []string            // that it may name; empty: all
	Questions   bool                // its tokens may query views freely; else they read dashboards only
	// Accounts are the Google accounts whose access tokens it may get, by requests from
	// an address in From. Nearly all hosts have neither.
	Accounts []string
	From     []netip.Prefix
}

// fingerprint names a key to operators: the first 48 bits of a SHA-256.
func fingerprint(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:6]) }

// A KeyInfo is a host's key, as operators see it.
type KeyInfo struct {
	Host        string `json:"host"`
	Fingerprint string `json:"fingerprint"` // what a revocation names
	Kind        string `json:"kind"`        // "API key", or the algorithm of a signing key
}

// Keys lists the keys of a host, without the keys themselves.
func (h Host) Keys() []KeyInfo {
	var keys []KeyInfo
	for _, sum := range h.APIKeys {
		keys = append(keys, KeyInfo{h.Name, fingerprint(sum), "API key"})
	}
	for _, k := range h.SigningKeys {
		keys = append(keys, KeyInfo{h.Name, k.Fingerprint, k.method.Alg()})
	}
	return keys
}

func checkHosts(hosts []Host, rules *policy.Rules) error {
	names, owner := map[string]bool{}, map[string]string{}
	for i, h := range hosts {
		if h.Name == "" {
			return fmt.Errorf("access: host %d has no name", i+1)
		}
		if names[h.Name] {
			return fmt.Errorf("access: two hosts are called %q", h.Name)
		}
		names[h.Name] = true
		if err := h.check(rules); err != nil {
			return fmt.Errorf("access: the host %q %w", h.Name, err)
		}
		for _, k := range h.Keys() {
			if other, ok := owner[k.Fingerprint]; ok {
				return fmt.Errorf("access: the hosts %q and %q have the same key %s: a key identifies one host", other, h.Name, k.Fingerprint)
			}
			owner[k.Fingerprint] = h.Name
		}
	}
	return nil
}

func (h Host) check(rules *policy.Rules) error {
	for _, sum := range h.APIKeys {
		if sum == [32]byte{} || sum == sha256.Sum256(nil) {
			return fmt.Errorf("has an API key without a hash, or with that of nothing")
		}
	}
	if len(h.Views) == 0 {
		return fmt.Errorf("names no view")
	}
	for _, v := range h.Views {
		if !slices.Contains(rules.ViewNames(), v) {
			return fmt.Errorf("names the view %q, which does not exist", v)
		}
	}
	for _, d := range h.Dashboards {
		if _, ok := rules.DashboardViews(d); !ok {
			return fmt.Errorf("names the dashboard %q, which does not exist", d)
		}
	}
	if len(h.Accounts) > 0 && len(h.From) == 0 {
		return fmt.Errorf("may be handed access tokens, but from no address: list the networks of its requests")
	}
	return nil
}

// hostByAPIKey returns the host that has an API key, and the key's fingerprint. All keys
// are compared, each in constant time, so that timing reveals nothing.
func (a *Authority) hostByAPIKey(apiKey string) (h Host, key string, ok bool) {
	sum := sha256.Sum256([]byte(apiKey))
	for i := range a.c.Hosts {
		for _, known := range a.c.Hosts[i].APIKeys {
			if subtle.ConstantTimeCompare(sum[:], known[:]) == 1 && apiKey != "" {
				h, key, ok = a.c.Hosts[i], fingerprint(known), true
			}
		}
	}
	return h, key, ok
}

// HostOf returns the name of the host that an API key belongs to. It is for rate
// limits: what the host may do, the called method checks.
func (a *Authority) HostOf(apiKey string) (name string, ok bool) {
	h, _, ok := a.hostByAPIKey(apiKey)
	return h.Name, ok
}

func (a *Authority) host(name string) (Host, bool) {
	i := slices.IndexFunc(a.c.Hosts, func(h Host) bool { return h.Name == name })
	if i < 0 {
		return Host{}, false
	}
	return a.c.Hosts[i], true
}

// Hosts lists the keys of all hosts, in configuration's order.
func (a *Authority) Hosts() []KeyInfo {
	var all []KeyInfo
	for _, h := range a.c.Hosts {
		all = append(all, h.Keys()...)
	}
	return all
}

func (h Host) allowsDashboard(name string) bool {
	return len(h.Dashboards) == 0 || slices.Contains(h.Dashboards, name)
}

// narrowToHost narrows a session's claim to what its host may name today, with a key
// that it still has.
func (a *Authority) narrowToHost(s session) (policy.Claim, error) {
	h, ok := a.host(s.Host)
	if !ok {
		return policy.Claim{}, invalid(fmt.Errorf("the host %q is gone", report.Truncate(s.Host)))
	}
	if !slices.ContainsFunc(h.Keys(), func(k KeyInfo) bool { return k.Fingerprint == s.key }) {
		return policy.Claim{}, invalid(fmt.Errorf("the host %q has no key %q any more", h.Name, report.Truncate(s.key)))
	}
	// Of clones: a renewed token says all that the first one did.
	today := s.Claim
	today.Views, today.Dashboards = nil, nil
	if h.Questions {
		today.Views = h.allowed(s.Views)
	}
	for _, d := range s.Dashboards {
		if h.allowsDashboard(d.Name) {
			today.Dashboards = append(today.Dashboards, policy.DashboardClaim{Name: d.Name, Views: h.allowed(d.Views)})
		}
	}
	return today, nil
}

// allowed returns those of some views that the host may name.
func (h Host) allowed(views []string) []string {
	return slices.DeleteFunc(slices.Clone(views), func(v string) bool { return !slices.Contains(h.Views, v) })
}

// Backend returns which accounts' access tokens a host's backend may get with an API
// key from its address. Error: Unauthenticated.
func (a *Authority) Backend(ctx context.Context, apiKey, account string, requester policy.Requester) (policy.Backend, error) {
	e := Event{Requester: requester, Detail: accountDetail(account)}
	h, key, ok := a.hostByAPIKey(apiKey)
	if !ok {
		return policy.Backend{}, a.refused(ctx, e, badAPIKey())
	}
	e.Host, e.Key = h.Name, key
	if err := a.revoked.check(revocable{Host: h.Name, Key: key, Began: a.c.Clock()}); err != nil {
		return policy.Backend{}, a.refused(ctx, e, err)
	}
	b := policy.Backend{Host: h.Name, Key: key, Requester: requester}
	if slices.ContainsFunc(h.From, func(p netip.Prefix) bool { return p.Contains(requester.Address) }) {
		b.Accounts = h.Accounts
	}
	return b, nil
}

// HandOut records that an account's access token is about to leave for a backend. Error:
// Unavailable when that cannot be recorded; then it must not leave.
func (a *Authority) HandOut(ctx context.Context, b policy.Backend, account string) error {
	return a.recordIssue(ctx, Event{Kind: EventHandOut, Host: b.Host, Key: b.Key, Requester: b.Requester, Detail: accountDetail(account)})
}

func accountDetail(account string) string { return "account " + report.Truncate(account) }

// RefusedKey records, like Refused, that a request with an API key was refused.
func (a *Authority) RefusedKey(ctx context.Context, apiKey string, caller Caller, err error) error {
	h, key, _ := a.hostByAPIKey(apiKey)
	return a.refused(ctx, Event{Host: h.Name, Key: key, Origin: report.Truncate(caller.Origin), Requester: caller.Requester}, err)
}

func badAPIKey() error {
	return report.Errorf(report.Unauthenticated, "This is not a valid API key.")
}
