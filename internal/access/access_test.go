package access

import (
	"context"
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/secret"
)

const (
	issuer = "https://stats.example"
	page   = "https://shop.example"
)

var start = time.Date(2026, time.November, 23, 12, 0, 0, 0, time.UTC)

// stream is randomness that is the same in each run.
type stream struct{ state [32]byte }

func (s *stream) Read(p []byte) (int, error) {
	s.state = sha256.Sum256(s.state[:])
	return copy(p, s.state[:]), nil
}

func key(t testing.TB, seed byte) Key {
	t.Helper()
	k, err := GenerateKey(&stream{[32]byte{seed}}, start)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// A bench is an authority whose clock and configuration a test can turn.
type bench struct {
	*Authority
	t      testing.TB
	now    time.Time
	config Config
	secret string // the API key
	trail  trail
}

// A trail keeps events, unless it is broken.
type trail struct {
	events []Event
	broken error
}

func (l *trail) Ready() error { return l.broken }

func (l *trail) Record(_ context.Context, e Event) error {
	if l.broken == nil {
		l.events = append(l.events, e)
	}
	return l.broken
}

// last returns what was recorded last.
func (l *trail) last() Event {
	if len(l.events) == 0 {
		return Event{}
	}
	return l.events[len(l.events)-1]
}

func from(origin string) Caller {
	return Caller{Origin: origin, Requester: policy.Requester{Request: "r1"}}
}

func newBench(t testing.TB, change ...func(*Config)) *bench {
	t.Helper()
	plain, hash, err := GenerateAPIKey(&stream{[32]byte{9}})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: start, secret: plain}
	b.config = Config{
		Keys:     []Key{key(t, 1)},
		Hosts:    []Host{{Name: "host", APIKeys: [][32]byte{hash}, Views: []string{"shop", "blog"}, Questions: true}},
		Ledger:   NewMemoryLedger(),
		Rules:    rules(t, views()...),
		Recorder: &b.trail,
		Issuer:   issuer,
		Lifetime: 5 * time.Minute,
		Sessions: Sessions{Host: 12 * time.Hour, Public: time.Hour},
		Clock:    func() time.Time { return b.now },
		Random:   &stream{[32]byte{8}},
	}
	b.reload(change...)
	return b
}

// reload makes a new authority of a changed configuration, as a restart does.
func (b *bench) reload(change ...func(*Config)) {
	b.t.Helper()
	for _, f := range change {
		f(&b.config)
	}
	a, err := New(b.config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Authority = a
}

func views() []policy.View {
	return []policy.View{
		{Name: "shop", Account: "main", Property: "1", Public: policy.PublicQuestions, Fields: policy.Fields{Allow: []string{"*"}}, History: policy.History{Days: 400}, Origins: []string{page}, Aliases: []string{"ga:1"}},
		{Name: "blog", Account: "main", Property: "2", Origins: []string{page}},
	}
}

func rules(t testing.TB, views ...policy.View) *policy.Rules {
	t.Helper()
	var names []string
	for _, v := range views {
		names = append(names, v.Name)
	}
	r, err := policy.NewRules(views, []dashboard.Dashboard{{
		Name: "overview", Views: names,
		Panels: []dashboard.Panel{{Name: "1", Type: dashboard.Scorecard, Width: 3, Query: report.Query{Metrics: []report.Metric{{Name: "sessions"}}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (b *bench) public() string {
	b.t.Helper()
	token, err := b.Public(context.Background(), from(page), []string{"shop"}, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return token.AccessToken
}

func (b *bench) minted(req MintRequest) string {
	b.t.Helper()
	token, err := b.Mint(context.Background(), b.secret, from(""), req)
	if err != nil {
		b.t.Fatal(err)
	}
	return token.AccessToken
}

func (b *bench) verify(token, origin string) (policy.Grant, error) {
	return b.Verify(context.Background(), token, from(origin))
}

// refused fails the test unless err is Unauthenticated and its message has want.
func refused(t *testing.T, what string, err error, want string) {
	t.Helper()
	if err == nil || report.KindOf(err) != report.Unauthenticated || !strings.Contains(report.AsError(err).Message, want) {
		t.Errorf("%s: %v, want Unauthenticated with %q", what, err, want)
	}
}

func TestPublicToken(t *testing.T) {
	b := newBench(t)
	token, err := b.Public(context.Background(), from(page), []string{"ga:1"}, "")
	if err != nil || token.ExpiresIn != 300 || token.TokenType != "Bearer" {
		t.Fatalf("%+v, %v", token, err)
	}
	for _, origin := range []string{page, ""} {
		g, err := b.verify(token.AccessToken, origin)
		if err != nil {
			t.Fatalf("from %q: %v", origin, err)
		}
		if g.Origin() != page || g.Subject() != "" || g.Session() == "" || !g.Expires().Equal(start.Add(5*time.Minute)) {
			t.Errorf("from %q: %+v", origin, g)
		}
	}
	_, err = b.verify(token.AccessToken, "https://evil.example")
	refused(t, "another origin", err, "another origin")
	if strings.Contains(token.AccessToken, "main") {
		t.Error("the token names the account")
	}
}

func TestPublicRefuses(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		origin    string
		views     []string
		dashboard string
		kind      report.Kind
	}{
		{page, []string{"blog"}, "", report.NotFound},
		{page, []string{"nothing"}, "", report.NotFound},
		{page, nil, "nothing", report.NotFound},
		{"https://evil.example", nil, "", report.Forbidden},
		{"", nil, "", report.Forbidden},
		{"https://evil.example", []string{"shop"}, "", report.Forbidden},
		{"", []string{"shop"}, "", report.Forbidden},
		{issuer, []string{"shop"}, "", report.Forbidden},
		{"https://evil.example", nil, "overview", report.Forbidden},
	} {
		if _, err := b.Public(context.Background(), from(c.origin), c.views, c.dashboard); report.KindOf(err) != c.kind || err == nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestFramedToken(t *testing.T) {
	b := newBench(t)
	token, err := b.Public(context.Background(), from(issuer), nil, "overview")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.verify(token.AccessToken, issuer); err != nil {
		t.Error(err)
	}
	_, err = b.verify(token.AccessToken, page)
	refused(t, "the page around the frame", err, "another origin")
	b.reload(func(c *Config) {
		v := views()
		v[0].Origins = nil
		c.Rules = rules(t, v...)
	})
	_, err = b.verify(token.AccessToken, issuer)
	refused(t, "nobody may frame it any more", err, "no longer offered")
}

func TestMint(t *testing.T) {
	b := newBench(t)
	one := int64(7)
	filter := &report.Filter{Condition: &report.Condition{FieldName: "customEvent:n", Numeric: &report.NumericFilter{
		Operation: "EQUAL", Value: report.NumericValue{Int64: (*report.Int64)(&one)}}}}
	g, err := b.verify(b.minted(MintRequest{Views: []string{"blog", "ga:1"}, Subject: "customer 7", Filter: report.WrittenFilter{Filter: filter}, ExpiresIn: 60}), "")
	if err != nil {
		t.Fatal(err)
	}
	if g.Subject() != "customer 7" || !g.Expires().Equal(start.Add(time.Minute)) {
		t.Errorf("%q until %s", g.Subject(), g.Expires())
	}
	g, err = b.verify(b.minted(MintRequest{Dashboards: overview("shop"), ExpiresIn: 86400}), "")
	if err != nil || !g.Expires().Equal(start.Add(5*time.Minute)) {
		t.Errorf("a day was asked for: %s, %v", g.Expires(), err)
	}
}

func TestMintRefuses(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Hosts[0].Views = []string{"shop"} })
	twice := &report.Filter{AndGroup: &report.FilterList{}, Not: &report.Filter{}}
	for _, c := range []struct {
		key  string
		req  MintRequest
		kind report.Kind
	}{
		{"", MintRequest{Views: []string{"shop"}}, report.Unauthenticated},
		{b.secret + "x", MintRequest{Views: []string{"shop"}}, report.Unauthenticated},
		{b.secret, MintRequest{}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"blog"}}, report.Forbidden},
		{b.secret, MintRequest{Views: []string{"nothing"}}, report.Forbidden},
		{b.secret, MintRequest{Dashboards: []MintDashboard{{Name: "nothing"}}}, report.Forbidden},
		{b.secret, MintRequest{Views: []string{"shop"}, ExpiresIn: -1}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Origin: "shop.example"}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Origin: page + "/"}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Origin: "null"}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Origin: "https://unlisted.example"}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Filter: report.WrittenFilter{Filter: twice}}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Subject: strings.Repeat("x", 201)}, report.Invalid},
		{b.secret, MintRequest{Views: make([]string, 101)}, report.Invalid},
		{b.secret, MintRequest{Views: []string{"shop"}, Filter: report.WrittenFilter{Filter: large()}}, report.Invalid},
	} {
		if _, err := b.Mint(context.Background(), c.key, from(""), c.req); err == nil || report.KindOf(err) != c.kind {
			t.Errorf("%+v: %v, want %s", c.req, err, c.kind)
		} else if strings.Contains(err.Error(), b.secret) {
			t.Errorf("the API key is in the error %v", err)
		}
	}
}

func TestAKeyForDashboardsOpensNoViews(t *testing.T) {
	b := newBench(t, func(c *Config) { c.Hosts[0].Questions = false })
	_, err := b.Mint(context.Background(), b.secret, from(""), MintRequest{Views: []string{"shop"}})
	if report.KindOf(err) != report.Forbidden {
		t.Errorf("a view was opened: %v", err)
	}
	token := b.minted(MintRequest{Dashboards: overview("blog")})
	if _, err := b.verify(token, ""); err != nil {
		t.Errorf("the dashboard: %v", err)
	}
	// Tokens that the key minted when it opened all lose their views.
	b.reload(func(c *Config) { c.Hosts[0].Questions = true })
	token = b.minted(MintRequest{Views: []string{"shop"}})
	b.reload(func(c *Config) { c.Hosts[0].Questions = false })
	_, err = b.verify(token, "")
	refused(t, "the key was limited to dashboards", err, "no longer offered")
}

func large() *report.Filter {
	return &report.Filter{Condition: &report.Condition{FieldName: "country", InList: &report.InListFilter{Values: []string{strings.Repeat("x", maxToken)}}}}
}

func TestAKeyTakenAwayEndsItsTokens(t *testing.T) {
	b := newBench(t)
	token := b.minted(MintRequest{Views: []string{"shop", "blog"}})
	b.reload(func(c *Config) {
		c.Hosts = []Host{{Name: "host", APIKeys: c.Hosts[0].APIKeys, Views: []string{"shop"}, Questions: true}}
	})
	if _, err := b.verify(token, ""); err != nil {
		t.Errorf("one view is left: %v", err)
	}
	only := b.minted(MintRequest{Dashboards: []MintDashboard{{Name: "overview"}}})
	b.reload(func(c *Config) { c.Hosts[0].Views = []string{"blog"} })
	_, err := b.verify(only, "")
	refused(t, "the dashboard's view is gone, and the other was not minted", err, "no longer offered")
	b.reload(func(c *Config) { c.Hosts = nil })
	_, err = b.verify(token, "")
	refused(t, "the key is gone", err, "not valid")
}

func TestViewsTakenAwayEndTokens(t *testing.T) {
	b := newBench(t)
	anonymous, host := b.public(), b.minted(MintRequest{Views: []string{"shop"}})
	b.reload(func(c *Config) {
		v := views()
		v[0].Public = policy.Private
		c.Rules = rules(t, v...)
	})
	_, err := b.verify(anonymous, page)
	refused(t, "made private", err, "no longer offered")
	if _, err := b.verify(host, ""); err != nil {
		t.Errorf("a host's token for a private view: %v", err)
	}
	b.reload(func(c *Config) { c.Rules, c.Hosts[0].Views = rules(t, views()[1]), []string{"blog"} })
	_, err = b.verify(host, "")
	refused(t, "removed", err, "no longer offered")
}

func TestRotation(t *testing.T) {
	b := newBench(t)
	old := b.public()
	b.reload(func(c *Config) { c.Keys = []Key{key(t, 2), key(t, 1)} })
	b.now = start.Add(adoptionDelay)
	fresh := b.public()
	for _, token := range []string{old, fresh} {
		if _, err := b.verify(token, page); err != nil {
			t.Errorf("while both keys live: %v", err)
		}
	}
	b.reload(func(c *Config) { c.Keys = []Key{key(t, 2)} })
	if _, err := b.verify(fresh, page); err != nil {
		t.Errorf("the first key signs: %v", err)
	}
	_, err := b.verify(old, page)
	refused(t, "its key was retired", err, "not valid")
}

func TestExpiry(t *testing.T) {
	b := newBench(t)
	token := b.public()
	b.now = start.Add(5*time.Minute + leeway - time.Second)
	if _, err := b.verify(token, page); err != nil {
		t.Errorf("within the leeway: %v", err)
	}
	b.now = start.Add(5*time.Minute + leeway)
	_, err := b.verify(token, page)
	refused(t, "expired", err, "has expired")
	b.now = start.Add(-leeway - time.Second)
	_, err = b.verify(token, page)
	refused(t, "issued in the future", err, "not valid")
}

func TestNewRefuses(t *testing.T) {
	weak := func(s string) func(*Config) {
		return func(c *Config) { c.Keys = []Key{{ID: "k", Secret: secret.New(s)}} }
	}
	for name, change := range map[string]func(*Config){
		"no keys":       func(c *Config) { c.Keys = nil },
		"short":         weak("0123456789abcdefghijklmnopqrstu"),
		"zeros":         weak(strings.Repeat("\x00", 32)),
		"repeated":      weak(strings.Repeat("abcd", 16)),
		"counted":       weak("abcdefghijklmnopqrstuvwxyz{|}~\x7f\x80"),
		"superset's":    weak("CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET"),
		"words":         weak("my-very-long-secret-key-for-tokens-0123"),
		"bad id":        func(c *Config) { c.Keys = []Key{{ID: "a b", Secret: key(t, 1).Secret}} },
		"twice one id":  func(c *Config) { c.Keys = []Key{key(t, 1), key(t, 1)} },
		"no lifetime":   func(c *Config) { c.Lifetime = 0 },
		"long lifetime": func(c *Config) { c.Lifetime = time.Hour + 1 },
		"no issuer":     func(c *Config) { c.Issuer = "" },
		"issuer no URL": func(c *Config) { c.Issuer = "stats.example" },
		"no rules":      func(c *Config) { c.Rules = nil },
		"no clock":      func(c *Config) { c.Clock = nil },
		"one key of two": func(c *Config) {
			c.Hosts = []Host{{Name: "a", APIKeys: [][32]byte{{1}}}, {Name: "b", APIKeys: [][32]byte{{1}}}}
		},
		"tokens anywhere": func(c *Config) { c.Hosts[0].Accounts = []string{"main"} },
		"no ledger":       func(c *Config) { c.Ledger = nil },
		"no recorder":     func(c *Config) { c.Recorder = nil },
		"no randomness":   func(c *Config) { c.Random = nil },
		"nameless host":   func(c *Config) { c.Hosts = []Host{{APIKeys: [][32]byte{{1}}}} },
		"hash of nothing": func(c *Config) { c.Hosts = []Host{{Name: "a", APIKeys: [][32]byte{sha256.Sum256(nil)}}} },
		"no hash":         func(c *Config) { c.Hosts = []Host{{Name: "a", APIKeys: [][32]byte{{}}}} },
		"unknown view":    func(c *Config) { c.Hosts = []Host{{Name: "a", APIKeys: [][32]byte{{1}}, Views: []string{"x"}}} },
	} {
		c := newBench(t).config
		change(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	bench := newBench(b)
	token := bench.public()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := bench.verify(token, page); err != nil {
			b.Fatal(err)
		}
	}
}
