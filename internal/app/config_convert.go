package app

import (
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/oriel-server/oriel/internal/access"
	"github.com/oriel-server/oriel/internal/credential"
	"github.com/oriel-server/oriel/internal/dashboard"
	"github.com/oriel-server/oriel/internal/policy"
	"github.com/oriel-server/oriel/internal/report"
	"github.com/oriel-server/oriel/internal/ua"
	"github.com/oriel-server/oriel/internal/web"
)

func (c *Config) accounts() map[string]credential.Account {
	accounts := make(map[string]credential.Account, len(c.Accounts))
	for name, a := range c.Accounts {
		accounts[name] = credential.Account{KeyFile: a.KeyFile}
	}
	return accounts
}

// explainCredentials adds to each account's error where the configuration names
// the account.
func (c *Config) explainCredentials(err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return c.explainCredential(err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, c.explainCredential(e))
	}
	return errors.Join(errs...)
}

func (c *Config) explainCredential(err error) error {
	var e *credential.Error
	switch {
	case !errors.As(err, &e):
		return err
	case e.Account == "" && strings.HasPrefix(e.Message, "google.token_hosts:"):
		return fmt.Errorf("%s: %w", c.src.where("google", "token_hosts"), err)
	case e.Account == "":
		return err
	}
	return fmt.Errorf("%s: %w", c.src.where("accounts", e.Account, "key_file"), err)
}

// hosts reads the keys of the hosts.
func (c *Config) hosts() ([]access.Host, error) {
	var hosts []access.Host
	for _, name := range slices.Sorted(maps.Keys(c.Hosts)) {
		h := c.Hosts[name]
		host := access.Host{
			Name: name, Views: h.Views, Dashboards: h.Dashboards, Questions: h.Questions == nil || *h.Questions,
			Accounts: h.AccessTokens.Accounts,
		}
		if slices.Contains(h.Views, allViews) {
			host.Views = slices.Sorted(maps.Keys(c.Views))
		}
		for _, key := range h.APIKeys {
			sum, _ := hex.DecodeString(key) // validate has decoded it
			host.APIKeys = append(host.APIKeys, [32]byte(sum))
		}
		for _, network := range h.AccessTokens.From {
			host.From = append(host.From, netip.MustParsePrefix(network)) // validate has parsed it
		}
		if h.SigningKeys != "" {
			keys, err := access.LoadHostKeys(h.SigningKeys)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.src.where("hosts", name, "signing_keys"), err)
			}
			host.SigningKeys = keys
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// rules makes views and dashboards, in the order of the file.
func (c *Config) rules() (*policy.Rules, error) {
	var views []policy.View
	for _, name := range c.src.ordered("views", maps.Keys(c.Views)) {
		v, err := c.Views[name].view(name)
		if err != nil {
			return nil, c.src.place(fmt.Errorf("view %q: history: %w", name, err))
		}
		views = append(views, v)
	}
	var dashboards []dashboard.Dashboard
	var faults []error
	for _, name := range c.src.ordered("dashboards", maps.Keys(c.Dashboards)) {
		d, err := c.Dashboards[name].Dashboard(name)
		if err != nil {
			faults = append(faults, c.src.place(err))
			continue
		}
		dashboards = append(dashboards, d)
	}
	rules, err := policy.NewRules(views, dashboards)
	if err != nil {
		faults = append(faults, c.src.place(err))
	}
	return rules, errors.Join(faults...)
}

// dialects says what names of Universal Analytics mean in each view.
func (c *Config) dialects() map[string]ua.Options {
	dialects := make(map[string]ua.Options, len(c.Views))
	for name, v := range c.Views {
		o := v.UA.options()
		o.MaxRows = v.MaxRows
		dialects[name] = o
	}
	return dialects
}

func (u UAConfig) options() ua.Options {
	o := ua.Options{PagePath: u.PagePath, Goals: u.Goals, Calculated: u.Calculated}
	o.Dimensions, o.DimensionNames = byNumber(u.Dimensions)
	o.Metrics, o.MetricNames = byNumber(u.Metrics)
	return o
}

// byNumber tells the numbered names from the others.
func byNumber(all map[string]string) (numbers map[int]string, names map[string]string) {
	numbers, names = map[int]string{}, map[string]string{}
	for name, field := range all {
		if n, err := strconv.Atoi(name); err == nil && n > 0 && strconv.Itoa(n) == name {
			numbers[n] = field
			continue
		}
		names[name] = field
	}
	return numbers, names
}

// publicTokens returns the daily tokens of free questions of anonymous visitors, by property.
func (c *Config) publicTokens() map[string]int64 {
	tokens := map[string]int64{}
	for _, v := range c.Views {
		if v.PublicTokens > 0 {
			tokens[v.Property] = v.PublicTokens
		}
	}
	return tokens
}

func (v ViewConfig) view(name string) (policy.View, error) {
	view := policy.View{
		Name: name, Title: v.Title, Account: v.Account, Property: v.Property,
		Public: policy.Publicity(v.Public), Origins: v.Origins, Aliases: v.Aliases, Filter: v.Filter.Filter, TokenFilter: v.TokenFilter,
		Fields:   policy.Fields{Allow: v.Fields.Allow, Deny: v.Fields.Deny},
		History:  policy.History{Days: v.History.Days, Refuse: v.History.Outside == "refuse"},
		Realtime: v.Realtime == nil || *v.Realtime,
		MaxRows:  v.MaxRows,
	}
	if v.Ages != (AgesConfig{}) {
		view.Ages = (*report.Ages)(&v.Ages)
	}
	if v.History.Since != "" {
		since, err := report.ParseDate(v.History.Since)
		if err != nil {
			return view, err
		}
		view.History.Since = since
	}
	return view, nil
}

func (l LimitsConfig) paces() web.Limits {
	return web.Limits{
		Tokens:     web.Pace{PerSecond: l.TokensPerSecond, Burst: l.TokensBurst},
		Requests:   web.Pace{PerSecond: l.RequestsPerSecond, Burst: l.RequestsBurst},
		View:       web.Pace{PerSecond: l.ViewPerSecond, Burst: l.ViewBurst},
		HostTokens: web.Pace{PerSecond: l.HostTokensPerSecond, Burst: l.HostTokensBurst},
		Failures:   web.Pace{PerSecond: l.FailuresPerSecond, Burst: l.FailuresBurst},
	}
}

// proxies returns the networks whose X-Forwarded-For is believed.
func (c *Config) proxies() []netip.Prefix {
	var networks []netip.Prefix
	for _, p := range c.TrustedProxies {
		networks = append(networks, netip.MustParsePrefix(p)) // validate has parsed it
	}
	return networks
}
