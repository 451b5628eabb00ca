package app

import (
	"cmp"
	"encoding/hex"
	"errors"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/origin"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/web"
)

// A fault is what is wrong with the value of a key.
type fault struct {
	line int
	err  error
}

// faults collects what is wrong, so that one can fix everything in one go.
type faults struct {
	src  *source
	list []fault
}

func (f *faults) add(path []string, format string, args ...any) {
	f.list = append(f.list, fault{f.src.line(path), f.src.errorf(path, format, args...)})
}

// err returns the faults in the order of the file.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	errs := make([]error, len(f.list))
	for i := range f.list {
		errs[i] = f.list[i].err
	}
	return errors.Join(errs...)
}

// validate finds everything that is wrong with the values. What views and
// dashboards mean together is looked at when the values by themselves are right.
func (c *Config) validate() error {
	f := &faults{src: &c.src}
	c.validateServer(f)
	c.validateDurations(f)
	c.validateGoogle(f)
	c.validateTokens(f)
	c.validateViews(f)
	if err := f.err(); err != nil {
		return err
	}
	_, err := c.rules()
	return err
}

func (c *Config) validateServer(f *faults) {
	for _, a := range []struct{ path, addr string }{{"listen", c.Listen}, {"operator.listen", c.Operator.Listen}} {
		if _, _, err := net.SplitHostPort(a.addr); err != nil {
			f.add(strings.Split(a.path, "."), "%q is not an address: write host:port, as in 127.0.0.1:8080", a.addr)
		}
	}
	for _, name := range c.Operator.Hosts {
		if !isHostName(name) {
			f.add([]string{"operator", "hosts"}, "%q is not a host's name: write it as in oriel.internal, without a scheme, a port or *", name)
		}
	}
	if !origin.Is(c.PublicURL) {
		f.add([]string{"public_url"}, "%q is not the address that browsers use: write scheme://host[:port], without a path", c.PublicURL)
	}
	for _, p := range c.TrustedProxies {
		if _, err := netip.ParsePrefix(p); err != nil {
			f.add([]string{"trusted_proxies"}, "%q is not a network: write one such as 10.0.0.0/8 or 192.0.2.7/32", p)
		}
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		f.add([]string{"log", "format"}, "%q is not a format: write text or json", c.Log.Format)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		f.add([]string{"log", "level"}, "%q is not a level: write debug, info, warn or error", c.Log.Level)
	}
	if c.Cache.MaxMB < 0 {
		f.add([]string{"cache", "max_mb"}, "%d MB is negative: leave it out, and it follows from the memory that there is", c.Cache.MaxMB)
	}
	if c.Cache.File != "" && c.Cache.MaxDiskMB < 1 {
		f.add([]string{"cache", "max_disk_mb"}, "%d MB is too small: write at least 1, or file: none", c.Cache.MaxDiskMB)
	}
	if c.Cache.Final <= 0 {
		f.add([]string{"cache", "final"}, "%s is not a time after which final days are asked for again: write 720h or another; Google can change any day", c.Cache.Final)
	}
	if c.Cache.Prewarm < 0 {
		f.add([]string{"cache", "prewarm"}, "%s is negative: write 0s to fetch nothing ahead of time", c.Cache.Prewarm)
	}
	if c.Cache.Stale < 0 {
		f.add([]string{"cache", "stale"}, "%s is negative: write 0s to serve no old answers", c.Cache.Stale)
	}
	c.Tokens.validate(f)
	c.TLS.validate(f, c.PublicURL)
}

func (t TokensConfig) validate(f *faults) {
	if l := t.Lifetime; l < time.Second || l > access.MaxLifetime {
		f.add([]string{"tokens", "lifetime"}, "embed tokens live between 1s and 1h, not %s", l)
		return
	}
	for key, d := range map[string]time.Duration{"session": t.Session, "public_session": t.PublicSession} {
		if d < t.Lifetime || d > access.MaxSession {
			f.add([]string{"tokens", key}, "sessions last between tokens.lifetime, %s, and %s, not %s", t.Lifetime, access.MaxSession, d)
		}
	}
}

func (c *Config) validateDurations(f *faults) {
	positive := map[string]bool{
		"cache.realtime": c.Cache.Realtime > 0, "cache.intraday": c.Cache.Intraday > 0,
		"cache.settling":         c.Cache.Settling > 0,
		"limits.request_timeout": c.Limits.RequestTimeout > 0, "limits.max_answer_mb": c.Limits.MaxAnswerMB > 0,
	}
	if d := c.Operator.Drain; d < 0 {
		f.add([]string{"operator", "drain"}, "%s is negative: write 0s to close at once", d)
	}
	p := c.Limits.paces()
	for key, p := range map[string]web.Pace{"tokens": p.Tokens, "requests": p.Requests, "view": p.View, "host_tokens": p.HostTokens, "failures": p.Failures} {
		positive["limits."+key+"_per_second"], positive["limits."+key+"_burst"] = p.PerSecond > 0, p.Burst > 0
	}
	for key, n := range map[string]int{"connections": c.Limits.Connections, "connections_per_address": c.Limits.ConnectionsPerClient} {
		if n < 0 {
			f.add([]string{"limits", key}, "%d is negative: leave it out for the default", n)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(positive)) {
		if !positive[path] {
			f.add(strings.Split(path, "."), "must be more than 0")
		}
	}
}

func (c *Config) validateGoogle(f *faults) {
	for _, a := range []struct{ path, raw string }{{"google.data_url", c.Google.DataURL}, {"google.admin_url", c.Google.AdminURL}} {
		path, raw := a.path, a.raw
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			f.add(strings.Split(path, "."), "%q is not a URL: write https://host", raw)
			continue
		}
		if u.Scheme == "http" && !isLoopback(u.Hostname()) {
			f.add(strings.Split(path, "."), "%q would send the access token in the clear: write https, or a loopback address", raw)
		}
	}
}

func (c *Config) validateTokens(f *faults) {
	if c.Tokens.KeysFile == "" {
		f.add([]string{"tokens", "keys_file"}, "name a file; it is made on the first run")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Hosts)) {
		c.validateHost(f, name, c.Hosts[name])
	}
}

func (c *Config) validateHost(f *faults, name string, h HostConfig) {
	at := func(keys ...string) []string { return append([]string{"hosts", name}, keys...) }
	if !hostName.MatchString(name) {
		f.add(at(), "%q is no name: write lower-case letters, digits, - and _, at most 64", name)
	}
	if len(h.APIKeys) == 0 && h.SigningKeys == "" {
		f.add(at(), "a host needs api_keys or signing_keys: make an API key and its hash with `oriel token new-key`")
	}
	for _, key := range h.APIKeys {
		if b, err := hex.DecodeString(key); err != nil || len(b) != 32 {
			f.add(at("api_keys"), "an API key stands here as its SHA-256 in hexadecimal: make a key and its hash with `oriel token new-key`")
		}
	}
	c.validateHostViews(f, at("views"), h)
	for _, d := range h.Dashboards {
		if _, ok := c.Dashboards[d]; !ok {
			f.add(at("dashboards"), "there is no dashboard %q", d)
		}
	}
	h.AccessTokens.validate(f, at, c)
}

func (c *Config) validateHostViews(f *faults, at []string, h HostConfig) {
	if len(h.Views) == 0 {
		alone := ""
		if len(h.Dashboards) > 0 && h.Questions == nil {
			alone = ", and questions: false for a host that reads dashboards only"
		}
		f.add(at, `name the views that its tokens may open: write views: [%s], or views: ["*"] for all%s`, c.someViews(), alone)
	}
	for _, v := range h.Views {
		if _, ok := c.Views[v]; !ok && v != allViews {
			f.add(at, "there is no view %q", v)
		}
	}
	if len(h.Views) > 1 && slices.Contains(h.Views, allViews) {
		f.add(at, `write views: ["*"] for all views, or their names`)
	}
}

// someViews are the names of the first views, as an example.
func (c *Config) someViews() string {
	names := c.src.ordered("views", maps.Keys(c.Views))
	return strings.Join(names[:min(3, len(names))], ", ")
}

func (t AccessTokensConfig) validate(f *faults, at func(...string) []string, c *Config) {
	for _, a := range t.Accounts {
		if _, ok := c.Accounts[a]; !ok {
			f.add(at("access_tokens", "accounts"), "there is no account %q", a)
		}
	}
	for _, network := range t.From {
		if p, err := netip.ParsePrefix(network); err != nil {
			f.add(at("access_tokens", "from"), "%q is not a network: write one such as 192.0.2.7/32", network)
		} else if p.Bits() == 0 {
			f.add(at("access_tokens", "from"), "%q is every address: name the backend's", network)
		}
	}
	if (len(t.Accounts) == 0) != (len(t.From) == 0) {
		f.add(at("access_tokens"), "name both accounts, and the networks that the host asks from")
	}
}

func (c *Config) validateViews(f *faults) {
	if len(c.Views) == 0 {
		f.add([]string{"views"}, "name at least one view")
	}
	budgets := map[string]string{}
	for _, name := range c.src.ordered("views", maps.Keys(c.Views)) {
		v := c.Views[name]
		at := func(setting string) []string { return append([]string{"views", name}, strings.Split(setting, ".")...) }
		if _, ok := c.Accounts[v.Account]; v.Account == "" {
			f.add(at("account"), "say which account asks for it: %s", strings.Join(slices.Sorted(maps.Keys(c.Accounts)), ", "))
		} else if !ok {
			f.add(at("account"), "there is no account %q; accounts are %s", v.Account, strings.Join(slices.Sorted(maps.Keys(c.Accounts)), ", "))
		}
		c.validatePublicTokens(f, budgets, name)
		if v.Public != Public(policy.Private) && len(v.Origins) == 0 {
			f.add(at("public"), "a public view needs at least one origin in views.%s.origins", name)
		}
		if o := v.History.Outside; o != "" && o != "clip" && o != "refuse" {
			f.add(at("history.outside"), "%q is neither clip nor refuse", o)
		}
		for key, age := range map[string]time.Duration{"realtime": v.Ages.Realtime, "intraday": v.Ages.Intraday, "settling": v.Ages.Settling, "final": v.Ages.Final} {
			if age < 0 {
				f.add(at("freshness."+key), "%s is negative: leave it out for the age in the section cache", age)
			}
		}
		if err := v.UA.options().Validate(); err != nil {
			f.add(at("universal_analytics"), "%v", err)
		}
		view, err := v.view(name)
		if err != nil {
			f.add(at("history.since"), "%v", err)
		}
		for _, fault := range view.Faults() {
			if fault.Setting == "account" {
				continue // said above, with those that there are
			}
			f.add(at(fault.Setting), "%v", fault.Err)
		}
	}
}

// validatePublicTokens checks the budget of a view's property, which its views share. Budgets has
// the name of a view that sets it, by property.
func (c *Config) validatePublicTokens(f *faults, budgets map[string]string, name string) {
	v, at := c.Views[name], []string{"views", name, "public_tokens_per_day"}
	if v.PublicTokens == 0 {
		return
	}
	other := cmp.Or(budgets[v.Property], name)
	budgets[v.Property] = other
	switch {
	case v.PublicTokens < 0:
		f.add(at, "%d is negative: leave it out for a tenth of what Google allows", v.PublicTokens)
	case v.Public != Public(policy.PublicQuestions):
		f.add(at, "it bounds the free queries of anonymous visitors: write public: questions, or leave it out")
	case v.PublicTokens != c.Views[other].PublicTokens:
		f.add(at, "it is the budget of the property, and view %q sets another: write the same, or leave one out", other)
	}
}

var hostName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)

// isHostName reports whether s is a name as it stands in a URL, and no address.
func isHostName(s string) bool {
	u, err := url.Parse("http://" + s)
	_, ip := netip.ParseAddr(s)
	return err == nil && ip != nil && s != "" && u.Hostname() == s && !strings.ContainsAny(s, "*%:_ ")
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
