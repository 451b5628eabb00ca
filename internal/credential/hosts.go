package credential

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// hostsKey is where the configuration lists the token hosts, for error messages.
const hostsKey = "google.token_hosts"

// DefaultTokenHosts returns Google's hosts that issue tokens, the metadata server
// included.
func DefaultTokenHosts() []string {
	return []string{
		"oauth2.googleapis.com",
		"sts.googleapis.com",
		"iamcredentials.googleapis.com",
		"accounts.google.com", // token_uri of old key files
		"www.googleapis.com",  // the same
		"metadata.google.internal",
		"169.254.169.254",
	}
}

// hosts is the allow-list: "host" stands for any port of it, "host:port" for one.
type hosts map[string]bool

func newHosts(list []string) (hosts, *Error) {
	if len(list) == 0 {
		list = DefaultTokenHosts()
	}
	h := hosts{}
	for _, entry := range list {
		name, ok := normalHost(entry)
		if !ok {
			return nil, errorf("", "%s: %q is neither a host nor host:port", hostsKey, entry)
		}
		h[name] = true
	}
	return h, nil
}

// normalHost returns entry in lower case, with an IPv6 address in brackets if and
// only if a port follows, as hosts' keys are.
func normalHost(entry string) (string, bool) {
	if a, err := netip.ParseAddr(strings.Trim(entry, "[]")); err == nil {
		return a.String(), true
	}
	u, err := url.Parse("https://" + entry)
	if err != nil || u.Host != entry || u.Hostname() == "" || strings.ContainsAny(entry, "*% ") {
		return "", false
	}
	if u.Port() == "" {
		return strings.ToLower(u.Hostname()), true
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), u.Port())), true
}

// has reports whether u's host is on the list.
func (h hosts) has(u *url.URL) bool {
	port := "443"
	if u.Scheme == "http" {
		port = "80"
	}
	name := strings.ToLower(u.Hostname())
	return h[name] || h[net.JoinHostPort(name, cmp.Or(u.Port(), port))]
}

// refuse returns why no request may go to u; "" when it may.
func (h hosts) refuse(u *url.URL) string {
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return "is not an https address"
	case u.Hostname() == "":
		return "names no host"
	case u.User != nil:
		return "carries a user name or password"
	case !h.has(u):
		return "points to host " + quote(u.Host) + ", which is not one of the token hosts; " +
			"if requests should really go there, add it to " + hostsKey
	case u.Scheme == "http" && !isLoopback(u) && !isMetadata(u):
		return "uses http to host " + quote(u.Host) + "; only https is safe beyond this machine"
	}
	return ""
}

func isLoopback(u *url.URL) bool {
	if strings.EqualFold(u.Hostname(), "localhost") {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.IsLoopback()
}

// isMetadata reports whether u is a cloud's metadata server, which speaks only http
// and is reached over a link-local address.
func isMetadata(u *url.URL) bool {
	return strings.EqualFold(u.Hostname(), "metadata.google.internal") ||
		u.Hostname() == "169.254.169.254" || u.Hostname() == "fd00:ec2::254"
}

// allowListed sends requests that the allow-list permits, whatever made them.
type allowListed struct {
	hosts hosts
	next  http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t allowListed) RoundTrip(r *http.Request) (*http.Response, error) {
	if why := t.hosts.refuse(r.URL); why != "" {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, errorf("", "a request was stopped: its address %s", why)
	}
	return t.next.RoundTrip(r)
}

// ownTransport is a transport that the keyring closes.
type ownTransport struct{ *http.Transport }

// newTransport returns a transport of the keyring's own. Requests to a metadata server
// go through no proxy, which would see the tokens.
func newTransport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy = func(r *http.Request) (*url.URL, error) {
		if isMetadata(r.URL) {
			return nil, nil
		}
		return http.ProxyFromEnvironment(r)
	}
	t.MaxIdleConnsPerHost = 1
	return t
}
