package web

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// clients finds the addresses of clients.
type clients struct {
	trusted []netip.Prefix
	// unlisted is called with a peer that is not trusted and sends X-Forwarded-For. Optional.
	unlisted func(peer netip.Addr)
}

// warnUnlistedProxy returns a function for clients.unlisted that writes one line for the life of the
// server: a proxy that is not listed makes all its visitors one client, and visitors may
// send the header as often as they like.
func warnUnlistedProxy(log *slog.Logger) func(peer netip.Addr) {
	var once sync.Once
	return func(peer netip.Addr) {
		once.Do(func() {
			log.Warn("a peer that trusted_proxies does not list sends X-Forwarded-For, which is ignored: "+
				"if it is your proxy, all its visitors share one client's limits until trusted_proxies lists it", "peer", peer)
		})
	}
}

// key returns the key of a client's limits, see Network.
func (c clients) key(r *http.Request) netip.Addr { return Network(c.addr(r)) }

// Network returns the address that stands for a client in limits: an IPv4 address, or the
// first address of an IPv6 /64, which a single machine may have.
func Network(addr netip.Addr) netip.Addr { return first(addr.Unmap().WithZone(""), 64) }

// Site returns the address that stands for all networks of a customer: the first one of an
// IPv6 /48; not valid for IPv4.
func Site(addr netip.Addr) netip.Addr { return siteOf(Network(addr)) }

// siteOf returns the first address of a network's IPv6 /48, which anybody can rent; not
// valid for IPv4.
func siteOf(network netip.Addr) netip.Addr {
	if !network.Is6() {
		return netip.Addr{}
	}
	return first(network, 48)
}

func first(addr netip.Addr, bits int) netip.Addr {
	if !addr.Is6() {
		return addr
	}
	net, err := addr.Prefix(bits)
	if err != nil {
		return addr
	}
	return net.Addr()
}

// addr returns the client's address: the peer's, or, behind trusted proxies, the last one
// in X-Forwarded-For that is not a trusted proxy. The client may have written those left
// of it. No other proxy header is trusted: PublicURL gives scheme and host.
func (c clients) addr(r *http.Request) netip.Addr {
	addr := peer(r.RemoteAddr)
	if !c.trusts(addr) {
		if c.unlisted != nil && len(r.Header["X-Forwarded-For"]) > 0 {
			c.unlisted(addr)
		}
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && c.trusts(addr); i-- {
		next, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = next.Unmap().WithZone("")
	}
	return addr
}

// parseHop reads an entry of X-Forwarded-For: an address, with a port behind some proxies.
func parseHop(s string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return addr, nil
	}
	ap, err := netip.ParseAddrPort(s)
	return ap.Addr(), err
}

func (c clients) trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func peer(remote string) netip.Addr {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}
