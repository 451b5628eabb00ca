package app

import (
	"fmt"
	"maps"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
)

// everyone is a reader of public views, beside hosts.
const everyone = "everyone"

// Security returns, for doctor, what the configuration leaves open, with the place in the file and
// what to write instead. It reads modes of files, and sends nothing.
func (c *Config) Security() []string {
	readers := c.readers()
	return slices.Concat(c.openHosts(), c.sharedProperties(readers), c.sharedDashboards(readers),
		c.toldFields(), c.openListeners(), c.openFiles())
}

// readers are who may read each view: hosts, and everyone.
func (c *Config) readers() map[string][]string {
	readers := map[string][]string{}
	for name, v := range c.Views {
		if v.isPublic() {
			readers[name] = append(readers[name], everyone)
		}
	}
	for _, host := range slices.Sorted(maps.Keys(c.Hosts)) {
		for _, view := range c.hostViews(host) {
			readers[view] = append(readers[view], "host "+host)
		}
	}
	return readers
}

func (v ViewConfig) isPublic() bool { return v.Public != ViewConfig{}.Public }

// hostViews are the views of a host, spelled out and each once.
func (c *Config) hostViews(host string) []string {
	views := c.Hosts[host].Views
	if slices.Contains(views, allViews) {
		return slices.Collect(maps.Keys(c.Views))
	}
	return slices.Compact(slices.Sorted(slices.Values(views)))
}

func (c *Config) openHosts() (lines []string) {
	for _, name := range c.src.ordered("hosts", maps.Keys(c.Hosts)) {
		if slices.Contains(c.Hosts[name].Views, allViews) {
			lines = append(lines, fmt.Sprintf("%s: host %s may read all views, also those that are added later: list its own in hosts.%s.views",
				c.src.where("hosts", name, "views"), name, name))
		}
	}
	return lines
}

// sharedProperties names properties whose views have different readers, of which some get every row.
func (c *Config) sharedProperties(readers map[string][]string) (lines []string) {
	views, order := map[string][]string{}, []string{}
	for _, name := range c.src.ordered("views", maps.Keys(c.Views)) {
		property := c.Views[name].Property
		if len(readers[name]) == 0 {
			continue
		}
		if views[property] == nil {
			order = append(order, property)
		}
		views[property] = append(views[property], name)
	}
	for _, property := range order {
		all := views[property]
		open := slices.DeleteFunc(slices.Clone(all), func(name string) bool {
			return c.Views[name].Filter.Filter != nil || len(c.Views[name].TokenFilter) > 0
		})
		if len(open) > 0 && readersDiffer(all, readers) {
			lines = append(lines, fmt.Sprintf("%s: views %s of property %s have different readers, and %s every row: write the rows that its readers may see in views.%s.filter, "+
				"or a field in token_filter", c.src.where("views", open[0], "property"), some(all), property, opens(open), open[0]))
		}
	}
	return lines
}

func opens(views []string) string {
	if len(views) == 1 {
		return views[0] + " opens"
	}
	return some(views) + " open"
}

func readersDiffer(views []string, readers map[string][]string) bool {
	return slices.ContainsFunc(views, func(name string) bool { return !slices.Equal(readers[name], readers[views[0]]) })
}

// sharedDashboards names dashboards over views of different readers, or of several properties of
// which a host's tokens must choose.
func (c *Config) sharedDashboards(readers map[string][]string) (lines []string) {
	for _, name := range c.src.ordered("dashboards", maps.Keys(c.Dashboards)) {
		views := c.Dashboards[name].Views
		if len(views) < 2 || !readersDiffer(views, readers) && !c.customersDiffer(views, readers) {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: dashboard %s shows views of several customers, %s: let each token name its visitor's, "+
			`{"dashboards": [{"name": %q, "views": [%q]}]}, and each host list only its own in hosts.NAME.views`,
			c.src.where("dashboards", name, "views"), name, some(views), name, views[0]))
	}
	return lines
}

// customersDiffer reports whether views that hosts read, and not everyone, are of several properties.
func (c *Config) customersDiffer(views []string, readers map[string][]string) bool {
	return !slices.Equal(readers[views[0]], []string{everyone}) && len(readers[views[0]]) > 0 &&
		slices.ContainsFunc(views, func(name string) bool { return c.Views[name].Property != c.Views[views[0]].Property })
}

// toldFields names denied fields that allowed ones tell, those of many views in one line.
func (c *Config) toldFields() (lines []string) {
	views, order := map[string][]string{}, []string{}
	for name, list := range c.disclosures() {
		for _, d := range list {
			text := d.String()
			if views[text] == nil {
				order = append(order, text)
			}
			views[text] = append(views[text], name)
		}
	}
	for _, text := range order {
		first := views[text][0]
		lines = append(lines, fmt.Sprintf("%s: view %s, %s", c.src.where("views", first, "fields", "deny"), some(views[text]), text))
	}
	return lines
}

func (c *Config) openListeners() (lines []string) {
	if host, _, err := net.SplitHostPort(c.Operator.Listen); err == nil && !isLoopback(host) {
		lines = append(lines, fmt.Sprintf("%s: the operators' listener is at %s, where other machines may reach it, and its reads ask for nothing: "+
			"write a loopback address in operator.listen, such as 127.0.0.1:9090", c.src.where("operator", "listen"), c.Operator.Listen))
	}
	if strings.HasPrefix(c.PublicURL, "https:") && !c.TLS.on() && len(c.TrustedProxies) == 0 {
		lines = append(lines, fmt.Sprintf("%s: public_url is https and tls is off, so a proxy serves it, which trusted_proxies does not list: all its visitors share the limits of one; "+
			"write its address, such as trusted_proxies: [127.0.0.1/32]", c.src.where("public_url")))
	}
	return lines
}

// openFiles names files that hold secrets, or what visitors did, and that others can read.
func (c *Config) openFiles() (lines []string) {
	if runtime.GOOS == "windows" {
		return nil // modes say nothing there
	}
	files := []struct {
		path string
		key  []string
	}{
		{c.src.path, nil}, {c.Tokens.KeysFile, []string{"tokens", "keys_file"}}, {c.Operator.TokenFile, []string{"operator", "token_file"}},
		{c.Ledger.File, []string{"ledger", "file"}}, {c.Audit.File, []string{"audit", "file"}}, {c.Cache.File, []string{"cache", "file"}},
		{c.TLS.KeyFile, []string{"tls", "key_file"}},
	}
	for _, name := range slices.Sorted(maps.Keys(c.Accounts)) {
		files = append(files, struct {
			path string
			key  []string
		}{c.Accounts[name].KeyFile, []string{"accounts", name, "key_file"}})
	}
	for _, f := range files {
		info, err := os.Stat(f.path)
		if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o007 == 0 {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s: %s has mode %04o, so every user of this machine can read it: chmod o-rwx %[2]s", c.src.where(f.key...), f.path, info.Mode().Perm()))
	}
	return lines
}

// some lists the first of many names.
func some(names []string) string {
	if more := len(names) - maxListed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:maxListed], ", "), more)
	}
	return strings.Join(names, ", ")
}
